UPDATE {dead} SET payload = {payload}, version = {version} WHERE id = {id}
