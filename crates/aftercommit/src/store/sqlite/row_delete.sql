DELETE FROM {table} WHERE {id} = {value}
