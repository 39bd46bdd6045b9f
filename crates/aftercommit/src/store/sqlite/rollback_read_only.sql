ROLLBACK;
PRAGMA query_only = OFF
