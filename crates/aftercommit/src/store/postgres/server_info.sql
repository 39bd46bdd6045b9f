-- What everybody may: a block can take on a role that may less than the one that asks here.
SELECT
    pg_catalog.current_setting('server_version_num')::pg_catalog.int4,
    pg_catalog.texteq(pg_catalog.current_setting('fsync'), 'off'),
    COALESCE(
        pg_catalog.has_function_privilege(
            'public', pg_catalog.to_regprocedure('pg_catalog.pg_control_system()'), 'execute'),
        false)
