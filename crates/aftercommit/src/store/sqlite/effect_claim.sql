-- By state, never by "id > last seen": ids do not become visible in their order. {low} only says below which ids nothing was
-- found a moment ago. Of a key only the first is taken. A unique key is given up here: what comes after the start is not
-- covered by it.
UPDATE {effects} SET owner = {worker}, fence = fence + 1, unique_key = NULL
WHERE id IN (
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
)
RETURNING id, receiver, order_key, place, version, payload, headers, created_at, fence, failures, starts, rescues, history
