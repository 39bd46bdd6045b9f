SELECT {read} FROM {table} WHERE {id} = {value}
