-- Sent in front of COMMIT when something was sent that may have written. INFO is shown to every client whatever it asked
-- for, is not written to the server's log by default, and flushes what stands before it: the number arrives before the
-- commit begins.
SELECT pg_catalog.pg_current_xact_id_if_assigned() AS aftercommit_number, {server}{durable};
DO $aftercommit$ BEGIN RAISE INFO 'aftercommit'; END $aftercommit$;
