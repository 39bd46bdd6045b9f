SELECT
    pg_catalog.split_part(virtualtransaction, '/', 1),
    pg_catalog.split_part(virtualtransaction, '/', 2)::pg_catalog.int8
FROM pg_catalog.pg_locks
WHERE pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND locktype OPERATOR(pg_catalog.=) 'virtualxid' AND granted
