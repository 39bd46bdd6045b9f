-- Which instance it is now, if not the one that it was when the session prepared this: its statistics were reset. (A session does not
-- outlive the start of its server.) One column for this and for what else is to be done, because each one costs.
CASE WHEN {first}pg_catalog.timestamptz_eq(pg_catalog.pg_stat_get_bgwriter_stat_reset_time(), '{reset}'::pg_catalog.timestamptz) THEN NULL
    ELSE pg_catalog.concat(pg_catalog.pg_stat_get_bgwriter_stat_reset_time(), '/', pg_catalog.pg_postmaster_start_time())
END
