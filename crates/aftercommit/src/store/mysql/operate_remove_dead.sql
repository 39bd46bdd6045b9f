DELETE FROM {dead} WHERE id IN ({ids})
