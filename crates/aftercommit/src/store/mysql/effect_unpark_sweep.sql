-- Of all keys: for the case that whoever ended the failure died before it could say so.
SELECT p.id FROM {waiting} p
WHERE p.due_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM {waiting} f
        WHERE f.receiver = p.receiver AND f.order_key = p.order_key AND f.place < p.place AND f.due_at IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM {dead} f
        WHERE f.receiver = p.receiver AND f.order_key = p.order_key AND f.place < p.place AND f.blocks = 1)
ORDER BY p.place LIMIT {limit} FOR UPDATE SKIP LOCKED
