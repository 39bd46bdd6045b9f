-- The same as without them, but parsed once a session: for BEGIN, for COMMIT, and for a COMMIT that must survive a crash.
PREPARE {name} AS
SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text AS aftercommit_number, {changed};
PREPARE {name}_commit AS
SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text AS aftercommit_number, {changed_flush};
PREPARE {name}_last AS
SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text AS aftercommit_number, {changed_durable_flush}
