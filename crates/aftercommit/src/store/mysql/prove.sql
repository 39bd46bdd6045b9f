-- Set before a statement that may end the transaction behind our back (a procedure can), and released after it:
-- whatever ends the transaction also destroys the savepoint, and then the release fails.
SAVEPOINT aftercommit
