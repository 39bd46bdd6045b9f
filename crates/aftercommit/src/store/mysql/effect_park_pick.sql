-- Of one key, what stands behind one that is dead or is tried again later than in a second: claims need not look at the key any
-- more. For less than that it is not worth the moving.
SELECT e.id, e.receiver, e.unique_key FROM {effects} e
WHERE e.owner IS NULL AND e.receiver = {receiver} AND e.order_key = {key} AND e.place > (
    SELECT MIN(f.place) FROM (
        SELECT w.place FROM {waiting} w
        WHERE w.receiver = {receiver} AND w.order_key = {key} AND w.due_at > {now} + 1000000
        UNION ALL
        SELECT d.place FROM {dead} d WHERE d.receiver = {receiver} AND d.order_key = {key} AND d.blocks = 1) f)
ORDER BY e.place LIMIT {limit} FOR UPDATE SKIP LOCKED
