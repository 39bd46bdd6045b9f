DELETE FROM {waiting} WHERE id IN ({ids})
