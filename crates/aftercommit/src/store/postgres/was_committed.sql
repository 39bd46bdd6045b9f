SHOW aftercommit.committed
