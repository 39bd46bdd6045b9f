pg_catalog.texteq(pg_catalog.current_setting('synchronous_commit'), 'off')
