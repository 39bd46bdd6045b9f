UPDATE {waiting} SET unique_key = NULL WHERE id = {id}
