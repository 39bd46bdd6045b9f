-- Transaction numbers are given out again after a crash (the statistics are reset by one, and kept by an orderly restart),
-- after a promotion (the timeline changes), and by another cluster.
concat_ws('/',
    pg_stat_get_bgwriter_stat_reset_time(),
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
    (pg_control_system()).system_identifier)
