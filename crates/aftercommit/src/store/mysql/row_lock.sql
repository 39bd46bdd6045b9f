-- Locked, so that what is compared is what is changed.
SELECT {read} FROM {table} WHERE {id} = {value} FOR UPDATE
