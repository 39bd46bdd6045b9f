-- Sent in the message of BEGIN when the first statement writes: nothing lies between the two, so nobody can notice that the
-- snapshot is taken here. A standby refuses it. Short, because it is parsed for each block.
SELECT pg_catalog.pg_current_xact_id() AS aftercommit_number, {server}
