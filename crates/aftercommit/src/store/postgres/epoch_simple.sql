-- Where the control file may not be read.
pg_catalog.concat_ws('/',
    pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.pg_stat_get_bgwriter_stat_reset_time()), 'YYYYMMDDHH24MISSUS'),
    pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))
