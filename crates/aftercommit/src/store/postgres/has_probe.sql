RELEASE SAVEPOINT aftercommit_probe_{probe}
