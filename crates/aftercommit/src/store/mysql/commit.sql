-- Each statement is only run if the one before it succeeded.
RELEASE SAVEPOINT aftercommit;
{marker}
COMMIT
