-- Follows an INSERT: the id and what the database computed come back with the answer.
RETURNING {read}
