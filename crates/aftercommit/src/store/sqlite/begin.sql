-- IMMEDIATE takes the write lock at the start: a transaction that begins by reading and then writes can
-- otherwise fail half-way with BUSY, however long it is willing to wait.
BEGIN {mode}
