ROLLBACK TO SAVEPOINT aftercommit_probe_{probe}
