-- A row of which the database gives every column.
INSERT INTO {table} DEFAULT VALUES
