-- Where the control file may not be read.
concat_ws('/',
    pg_stat_get_bgwriter_stat_reset_time(),
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))
