-- First effects of their keys. No commit can put one before them any more, so that they are so until they are taken.
-- A unique key is given up here: what comes after the start is not covered by it.
WITH picked AS MATERIALIZED (
    SELECT e.id FROM {effects} e WHERE e.id IN ({ids}) AND e.owner IS NULL ORDER BY e.id FOR UPDATE SKIP LOCKED
)
UPDATE {effects} t SET owner = {worker}, fence = t.fence + 1, unique_key = NULL
FROM picked WHERE t.id = picked.id
RETURNING t.id, t.receiver, t.order_key, t.place, t.version, t.payload, t.headers, t.created_at, t.fence, t.failures, t.starts, t.rescues, t.history
