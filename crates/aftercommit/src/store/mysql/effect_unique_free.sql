-- By the whole primary key, and by itself: it may wait for a transaction that has the name, but nobody waits for it meanwhile.
-- Kept for those who use the name again: a row that comes and goes costs them gap locks.
UPDATE {uniques} SET id = NULL, freed_at = {now}
WHERE receiver = {receiver} AND unique_key = {key} AND late = {late} AND id = {id}
