-- A database in memory has no file, and a file with an exclusive lock has no second session.
SELECT file IS NULL OR file = '' OR (SELECT locking_mode FROM pragma_locking_mode) = 'exclusive'
FROM pragma_database_list WHERE name = 'main'
