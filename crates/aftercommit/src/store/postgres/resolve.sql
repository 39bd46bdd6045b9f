-- A standby knows what it has replayed and no more: its "no" and its "in progress" are no answers.
SELECT
    CASE WHEN NOT pg_is_in_recovery() THEN coalesce(pg_xact_status('{number}'::xid8), 'forgotten') END,
    CASE WHEN NOT pg_is_in_recovery() THEN {epoch} END
