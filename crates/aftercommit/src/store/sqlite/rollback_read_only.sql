PRAGMA query_only = OFF;
ROLLBACK
