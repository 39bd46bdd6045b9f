COMMIT;
PRAGMA query_only = OFF
