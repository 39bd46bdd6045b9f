-- The id and what the database computed come back with the answer.
INSERT INTO {table} ({columns}) VALUES {rows} RETURNING {read}
