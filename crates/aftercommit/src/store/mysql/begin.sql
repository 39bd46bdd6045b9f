-- The savepoint is the proof, at COMMIT, that nothing has ended the transaction in between: DDL, a
-- procedure that commits and a deadlock all destroy it.
START TRANSACTION {options};
SAVEPOINT aftercommit
