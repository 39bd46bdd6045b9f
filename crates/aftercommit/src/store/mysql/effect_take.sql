-- A unique key is given up here: what comes after the start is not covered by it.
UPDATE {effects} SET owner = {worker}, fence = fence + 1, unique_key = NULL WHERE id IN ({ids})
