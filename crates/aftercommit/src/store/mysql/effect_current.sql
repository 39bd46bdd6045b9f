-- With `innodb_snapshot_isolation` MariaDB refuses to lock a row that was changed behind the transaction's snapshot (1020). The
-- library's own rows are no part of what the user has read: they are locked as they are now.
SET STATEMENT innodb_snapshot_isolation = OFF FOR
