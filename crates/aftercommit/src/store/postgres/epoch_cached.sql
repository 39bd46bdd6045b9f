-- Asked once per session, which a crash ends: a setting of the session keeps the answer, also behind a pooler.
COALESCE(
    NULLIF(current_setting('aftercommit.epoch', true), ''),
    CASE WHEN NOT pg_is_in_recovery() THEN set_config('aftercommit.epoch', {epoch}, false) END)
