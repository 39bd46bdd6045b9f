-- The keys of a receiver from {key} on, and of each only the first effect, however much stands behind it. (By grouping along the
-- index: a recursive walk begins each step with the first key here.) 0: it is its turn. 1: a worker has it. 2: it stands behind
-- one that is tried again within a second. 3: behind one that is dead, or is tried again later.
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
FROM (
    SELECT e.order_key, MIN(e.place) AS place FROM {effects} e
    WHERE e.receiver = {receiver} AND e.order_key >= {key}
    GROUP BY e.order_key ORDER BY e.order_key LIMIT {steps}
) w JOIN {effects} h ON h.receiver = {receiver} AND h.order_key = w.order_key AND h.place = w.place
ORDER BY w.order_key
