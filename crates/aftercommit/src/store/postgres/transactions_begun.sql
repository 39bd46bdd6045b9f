SELECT split_part(virtualtransaction, '/', 1), split_part(virtualtransaction, '/', 2)::bigint
FROM pg_catalog.pg_locks WHERE pid = pg_backend_pid() AND locktype = 'virtualxid' AND granted
