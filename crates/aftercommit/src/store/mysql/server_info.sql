-- Last, whether the server has this setting: MariaDB alone may, and has a table of settings.
SELECT
    {server},
    DATABASE(),
    (SELECT COUNT(*) FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_name = 'aftercommit_markers'),
    CAST(@@innodb_flush_log_at_trx_commit AS SIGNED),
    VERSION(),
    CAST(@@max_allowed_packet AS SIGNED),
    CAST(/*M! (SELECT COUNT(*) FROM information_schema.SYSTEM_VARIABLES
     WHERE VARIABLE_NAME = 'INNODB_SNAPSHOT_ISOLATION') + */ 0 AS SIGNED)
