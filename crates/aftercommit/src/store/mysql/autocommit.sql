-- The session's own: a server, a role or a hook of the pool may have switched it off.
SELECT CAST(@@SESSION.autocommit AS SIGNED)
