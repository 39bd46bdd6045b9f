-- Whether it is the instance that it was when the session prepared this: the statistics were not reset. (A session does not outlive the
-- start of its server.) The time is written so that every DateStyle reads it alike.
pg_catalog.timestamptz_eq(pg_catalog.pg_stat_get_bgwriter_stat_reset_time(), '{reset}'::pg_catalog.timestamptz)
