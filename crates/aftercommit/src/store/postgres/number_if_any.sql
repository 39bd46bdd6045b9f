-- Sent in front of COMMIT when something was sent that may have written.
SELECT pg_catalog.pg_current_xact_id_if_assigned() AS aftercommit_number, {server};
{flush}
