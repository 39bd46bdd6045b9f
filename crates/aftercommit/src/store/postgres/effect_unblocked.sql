-- Keys of which something is parked that nothing blocks: whoever ended the failure died before it could say so.
SELECT p.receiver, p.order_key FROM {waiting} p
WHERE p.due_at IS NULL
    AND p.place = (SELECT MIN(f.place) FROM {waiting} f WHERE f.receiver = p.receiver AND f.order_key = p.order_key)
    AND NOT EXISTS (SELECT 1 FROM {dead} f
        WHERE f.receiver = p.receiver AND f.order_key = p.order_key AND f.place < p.place AND f.blocks = 1)
LIMIT {limit}
