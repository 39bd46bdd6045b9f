-- First effects of their keys. No commit can put one before them any more, so that they are so until they are taken.
-- A unique key is given up here: what comes after the start is not covered by it.
UPDATE {effects} SET owner = {worker}, fence = fence + 1, unique_key = NULL
WHERE id IN ({ids}) AND owner IS NULL
RETURNING id, receiver, order_key, place, version, payload, headers, created_at, fence, failures, starts, rescues, history
