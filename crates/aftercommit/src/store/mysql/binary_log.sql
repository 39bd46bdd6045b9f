-- In the order of their names: `binlog_format`, `log_bin`.
SHOW SESSION VARIABLES WHERE Variable_name IN ('binlog_format', 'log_bin')
