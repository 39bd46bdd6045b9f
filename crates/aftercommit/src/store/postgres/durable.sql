-- Hooks and effects hang on a commit: it must survive a crash, whatever the session asked for. With COMMIT, because a trigger may have
-- asked for it since BEGIN.
SELECT CASE WHEN pg_catalog.texteq(pg_catalog.current_setting('synchronous_commit'), 'off') THEN pg_catalog.set_config('synchronous_commit', 'on', true) END
