SELECT
    current_setting('server_version_num')::int >= 130000,
    current_setting('fsync') = 'off',
    EXISTS (
        SELECT FROM pg_language
        WHERE lanname = 'plpgsql' AND has_language_privilege(oid, 'usage')
    )
