SELECT CASE WHEN NOT pg_is_in_recovery() THEN {epoch} END
