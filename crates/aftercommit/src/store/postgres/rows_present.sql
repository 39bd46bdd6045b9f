-- Locked, so that a row which is there now is there when it is changed.
SELECT {id} FROM {table} WHERE {id} IN ({values}) FOR UPDATE
