-- The block holds the write lock of the whole database already.
SELECT {read} FROM {table} WHERE {id} = {value}
