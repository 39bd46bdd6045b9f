-- Rows that matched are counted, changed or not: sqlx connects with CLIENT_FOUND_ROWS.
UPDATE {table} SET {assignments} WHERE {id} = {value}
