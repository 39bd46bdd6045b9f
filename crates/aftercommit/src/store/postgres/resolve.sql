SELECT pg_xact_status('{number}'::xid8), (SELECT stats_reset::text FROM pg_stat_bgwriter)
