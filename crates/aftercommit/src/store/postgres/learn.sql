-- Statistics are reset by a crash and kept by an orderly restart. A crash is also what can make the server
-- give out again the numbers of transactions that were never written to disk.
-- A standby gives out no numbers, and a server before 13 has no function to ask for one.
SELECT
    stats_reset::text,
    pg_is_in_recovery() OR current_setting('server_version_num')::int < 130000
FROM pg_stat_bgwriter
