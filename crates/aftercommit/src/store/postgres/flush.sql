-- COMMIT itself then begins with a message to the client, which flushes what stands before it: the number arrives before anything is
-- committed. Undone by the end of the transaction; sqlx logs that one message at the level DEBUG.
pg_catalog.set_config('client_min_messages', 'debug5', true)
