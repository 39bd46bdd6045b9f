SHOW aftercommit.open
