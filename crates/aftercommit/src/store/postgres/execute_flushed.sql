-- As flush.sql does it; if the session has lost what it had prepared, it can go on from the savepoint.
SAVEPOINT aftercommit_number;
EXECUTE {name}_commit;
ROLLBACK TO SAVEPOINT aftercommit_number
