-- Statistics are reset by a crash and kept by an orderly restart. A crash is also what can make the server
-- give out again the numbers of transactions that were never written to disk.
SELECT stats_reset::text, pg_is_in_recovery() FROM pg_stat_bgwriter
