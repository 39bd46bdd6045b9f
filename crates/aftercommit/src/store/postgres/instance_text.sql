pg_catalog.concat(pg_catalog.pg_stat_get_bgwriter_stat_reset_time(), '/', pg_catalog.pg_postmaster_start_time())
