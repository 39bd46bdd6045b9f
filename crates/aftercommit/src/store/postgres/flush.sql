-- What is rolled back here begins with a message to the client, which flushes what stands before it: the number arrives before COMMIT
-- begins, and the setting is as it was. (sqlx logs those messages at the level DEBUG.)
SAVEPOINT aftercommit_number;
SET LOCAL client_min_messages = debug5;
ROLLBACK TO SAVEPOINT aftercommit_number
