-- Who could be taken, in one snapshot: a locking read would see keys whose first effect is just being taken elsewhere.
-- By state, never by "id > last seen": ids do not become visible in their order. Of a key only the first is taken.
SELECT e.id FROM {effects} e
WHERE e.owner IS NULL AND e.receiver = {receiver} AND e.id > {low}
    AND (e.order_key IS NULL OR (
        NOT EXISTS (SELECT 1 FROM {effects} f
            WHERE f.receiver = e.receiver AND f.order_key = e.order_key AND f.place < e.place)
        AND NOT EXISTS (SELECT 1 FROM {waiting} f
            WHERE f.receiver = e.receiver AND f.order_key = e.order_key AND f.place < e.place)
        AND NOT EXISTS (SELECT 1 FROM {dead} f
            WHERE f.receiver = e.receiver AND f.order_key = e.order_key AND f.place < e.place AND f.blocks = 1)))
ORDER BY e.id LIMIT {limit}
