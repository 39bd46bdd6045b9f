-- Upwards by id, each once: one that dies again meanwhile is not picked again and again.
SELECT id FROM {dead} WHERE receiver = {receiver} AND id > {after} ORDER BY id LIMIT {limit}
