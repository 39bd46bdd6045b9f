-- By state, never by "id > last seen": ids do not become visible in their order. {low} only says below which ids nothing was
-- found a moment ago, so that the scan does not wade through the remains of what was delivered; it is lifted again and
-- again. Of a key only the first is taken. A unique key is given up here: what comes after the start is not covered by it.
WITH picked AS MATERIALIZED (
    SELECT e.id FROM {effects} e
    WHERE e.owner IS NULL AND e.receiver = {receiver} AND e.id > {low}
    AND (e.order_key IS NULL OR (
        NOT EXISTS (SELECT 1 FROM {effects} f
            WHERE f.receiver = e.receiver AND f.order_key = e.order_key AND f.place < e.place)
        AND NOT EXISTS (SELECT 1 FROM {waiting} f
            WHERE f.receiver = e.receiver AND f.order_key = e.order_key AND f.place < e.place)
        AND NOT EXISTS (SELECT 1 FROM {dead} f
            WHERE f.receiver = e.receiver AND f.order_key = e.order_key AND f.place < e.place AND f.blocks = 1)))
    ORDER BY e.id LIMIT {limit} FOR UPDATE OF e SKIP LOCKED
)
UPDATE {effects} t SET owner = {worker}, fence = t.fence + 1, unique_key = NULL
FROM picked WHERE t.id = picked.id
RETURNING t.id, t.receiver, t.order_key, t.place, t.version, t.payload, t.headers, t.created_at, t.fence, t.failures, t.starts, t.rescues, t.history
