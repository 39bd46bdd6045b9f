-- Whatever ends the transaction also destroys the savepoint, and so does a rollback to an earlier one.
SAVEPOINT aftercommit_{probe}
