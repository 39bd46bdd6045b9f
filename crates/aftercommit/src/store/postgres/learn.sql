SELECT {server}, CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN {epoch} END
