-- The same where there is no PL/pgSQL: the number arrives with the answer to COMMIT.
SELECT pg_current_xact_id_if_assigned()::text AS aftercommit_number, {epoch}{durable};
