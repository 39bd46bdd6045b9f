-- The fencing number: who was paused for longer than its lease changes nothing.
DELETE FROM {effects} WHERE owner = {worker} AND fence = {fence} AND id IN ({ids})
