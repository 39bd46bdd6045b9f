RELEASE SAVEPOINT aftercommit_{probe}
