-- Of what is claimed or moved, the names. One that a transaction has at this moment is left to that: it will see that the
-- effect was claimed. Waiting for it could be waiting for somebody who waits for the effect.
SELECT id, unique_key FROM {uniques}
WHERE receiver = {receiver} AND unique_key IN ({keys}) AND id IN ({ids}) FOR UPDATE SKIP LOCKED
