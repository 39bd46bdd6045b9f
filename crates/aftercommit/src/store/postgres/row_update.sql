-- No row in the answer: there was none to change.
UPDATE {table} SET {assignments} WHERE {id} = {value} RETURNING {read}
