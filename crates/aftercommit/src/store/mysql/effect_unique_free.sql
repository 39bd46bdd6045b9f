-- Kept for those who use the name again: a row that comes and goes costs them gap locks.
UPDATE {uniques} SET id = NULL, freed_at = {now}
WHERE receiver = {receiver} AND unique_key IN ({keys}) AND id IN ({ids})
