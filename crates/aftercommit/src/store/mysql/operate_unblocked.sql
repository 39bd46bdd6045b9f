-- Parked, and nothing of its key stands before it.
SELECT p.id, p.receiver, p.order_key, p.fence, 0, 0 FROM {waiting} p
WHERE p.due_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM {waiting} f
        WHERE f.receiver = p.receiver AND f.order_key = p.order_key AND f.place < p.place AND f.due_at IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM {dead} f
        WHERE f.receiver = p.receiver AND f.order_key = p.order_key AND f.place < p.place AND f.blocks = 1)
    AND NOT EXISTS (SELECT 1 FROM {effects} f
        WHERE f.receiver = p.receiver AND f.order_key = p.order_key AND f.place < p.place)
ORDER BY p.id LIMIT {limit}
