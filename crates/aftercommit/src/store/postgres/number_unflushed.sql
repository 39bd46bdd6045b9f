-- The same where there is no PL/pgSQL: the number arrives with the answer to COMMIT.
SELECT pg_catalog.pg_current_xact_id_if_assigned() AS aftercommit_number, {server}{durable};
