UPDATE {dead} SET blocks = 0 WHERE id = {id}
