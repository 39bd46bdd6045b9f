-- The same as without them, but parsed once a session: for COMMIT, and for BEGIN.
PREPARE {name}_commit AS
SELECT
    pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text AS aftercommit_number,
    CASE WHEN {same} THEN NULL ELSE {instance} END,
    pg_catalog.set_config('client_min_messages', 'debug5', true);
PREPARE {name} AS
SELECT
    pg_catalog.pg_current_xact_id()::pg_catalog.text AS aftercommit_number,
    CASE WHEN {same} THEN NULL ELSE {instance} END
