-- Set in front of the first savepoint: after a rollback to that one it tells whether the transaction is still the same.
SET LOCAL aftercommit.transaction = '{name}';
