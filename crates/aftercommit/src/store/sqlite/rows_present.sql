-- The block holds the write lock of the whole database already.
SELECT {id} FROM {table} WHERE {id} IN ({values})
