-- Sent in the message of BEGIN when the first statement writes: nothing lies between the two, so nobody can notice that the
-- snapshot is taken here. A standby has no number to give.
SELECT
    CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_current_xact_id()::pg_catalog.text END AS aftercommit_number,
    {epoch},
    pg_catalog.current_setting('synchronous_commit')
