-- Hooks and effects hang on a commit: it must survive a crash, whatever the session asked for.
CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END
