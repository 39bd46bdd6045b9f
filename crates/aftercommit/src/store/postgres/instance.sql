-- What tells a server from itself after a crash (which resets its statistics) and after a restart, without which a standby that was
-- promoted cannot become one again. As the session writes times: different texts may mean the same server.
pg_catalog.pg_stat_get_bgwriter_stat_reset_time(), pg_catalog.pg_postmaster_start_time()
