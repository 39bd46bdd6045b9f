-- The last column is the first one once more, as every session reads it alike.
SELECT
    {server},
    CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN {epoch} END,
    pg_catalog.concat(pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.pg_stat_get_bgwriter_stat_reset_time()), 'YYYY-MM-DD HH24:MI:SS.US'), '+00')
