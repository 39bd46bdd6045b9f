-- Not every server that speaks Postgres has all of it.
SELECT
    pg_current_xact_id_if_assigned()::text,
    CASE WHEN NOT pg_is_in_recovery() THEN {epoch} END,
    pg_xact_status('3'::xid8)
