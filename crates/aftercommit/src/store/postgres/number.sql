-- Sent in the message of BEGIN when the first statement writes: nothing lies between the two, so nobody can notice that the
-- snapshot is taken here. A standby has no number to give.
SELECT
    CASE WHEN NOT pg_is_in_recovery() THEN pg_current_xact_id()::text END AS aftercommit_number,
    {epoch},
    current_setting('synchronous_commit')
