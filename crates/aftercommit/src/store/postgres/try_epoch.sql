-- Not every server that speaks Postgres has all of it.
SELECT
    pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text,
    pg_catalog.pg_xact_status('3'::pg_catalog.xid8)
