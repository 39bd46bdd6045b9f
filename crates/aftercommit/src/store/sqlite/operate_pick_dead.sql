SELECT id, receiver, order_key, version FROM {dead} WHERE id = {id}
