DELETE FROM {effects} WHERE id IN ({ids})
