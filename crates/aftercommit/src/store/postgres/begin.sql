-- The number is asked for in the same message as BEGIN, so that a commit which is cut off can be looked up by it.
BEGIN {options};
SELECT pg_current_xact_id()
