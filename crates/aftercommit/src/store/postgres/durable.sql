-- Hooks and effects hang on a commit: it must survive a crash, whatever the session asked for.
SELECT CASE WHEN {asynchronous} THEN pg_catalog.set_config('synchronous_commit', 'on', true) END
