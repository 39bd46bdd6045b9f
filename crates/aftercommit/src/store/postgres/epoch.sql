-- Transaction numbers are given out again after a crash (the statistics are reset by one, and kept by an orderly restart),
-- after a promotion (the timeline changes), and by another cluster. The time does not depend on the session's settings.
pg_catalog.concat_ws('/',
    pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.pg_stat_get_bgwriter_stat_reset_time()), 'YYYYMMDDHH24MISSUS'),
    pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8),
    (pg_catalog.pg_control_system()).system_identifier)
