-- A reader needs no write lock, and is refused to write.
PRAGMA query_only = ON;
BEGIN DEFERRED
