SELECT pg_xact_status($1::text::xid8), (SELECT stats_reset::text FROM pg_stat_bgwriter)
