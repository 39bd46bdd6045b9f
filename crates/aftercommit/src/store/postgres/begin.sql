-- The number is asked for in the same message as BEGIN, so that a commit which is cut off can be looked up
-- by it. A standby gives out no numbers.
BEGIN {options};
SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_xact_id()::text END
