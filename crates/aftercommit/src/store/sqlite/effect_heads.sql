-- The keys of a receiver from {key} on, one step through the index each: however much stands behind the first effect of a key,
-- only the first is looked at. 0: it is its turn. 1: a worker has it. 2: it stands behind one that is tried again within a second.
-- 3: behind one that is dead, or is tried again later.
WITH RECURSIVE walk (step, order_key) AS (
    SELECT 1, (SELECT e.order_key FROM {effects} e
        WHERE e.owner IS NULL AND e.receiver = {receiver} AND e.order_key >= {key}
        ORDER BY e.order_key LIMIT 1)
    UNION ALL
    SELECT w.step + 1, (SELECT e.order_key FROM {effects} e
        WHERE e.owner IS NULL AND e.receiver = {receiver} AND e.order_key > w.order_key
        ORDER BY e.order_key LIMIT 1)
    FROM walk w WHERE w.step < {steps} AND w.order_key IS NOT NULL
)
SELECT h.id, h.order_key, CASE
    WHEN h.owner IS NOT NULL THEN 1
    WHEN (SELECT f.place FROM {dead} f
        WHERE f.receiver = h.receiver AND f.order_key = h.order_key AND f.blocks = 1 ORDER BY f.place LIMIT 1) < h.place THEN 3
    WHEN COALESCE((SELECT f.place FROM {waiting} f
        WHERE f.receiver = h.receiver AND f.order_key = h.order_key ORDER BY f.place LIMIT 1), h.place) >= h.place THEN 0
    WHEN (SELECT f.place FROM {waiting} f
        WHERE f.receiver = h.receiver AND f.order_key = h.order_key AND f.due_at > {now} + 1000000
        ORDER BY f.place LIMIT 1) < h.place THEN 3
    ELSE 2 END AS turn
FROM walk w CROSS JOIN {effects} h ON h.receiver = {receiver} AND h.order_key = w.order_key AND h.place = (
    SELECT e.place FROM {effects} e WHERE e.receiver = {receiver} AND e.order_key = w.order_key ORDER BY e.place LIMIT 1)
ORDER BY w.step
