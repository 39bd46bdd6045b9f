-- It dies with the transaction and with a rollback to an earlier savepoint, and takes no snapshot.
SAVEPOINT aftercommit_probe_{probe}
