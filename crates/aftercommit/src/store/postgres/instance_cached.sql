-- Before PostgreSQL 15 reading a statistic may wait for their collector. There the epoch is asked once per session, which a crash
-- ends: a setting of the session keeps the answer, also behind a pooler.
COALESCE(
    CASE WHEN pg_catalog.textne(pg_catalog.current_setting('aftercommit.epoch', true), '')
        THEN pg_catalog.current_setting('aftercommit.epoch', true) END,
    CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.set_config('aftercommit.epoch', {epoch}, false) END),
NULL
