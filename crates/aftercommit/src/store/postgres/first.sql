pg_catalog.concat({what}) IS NOT NULL AND
