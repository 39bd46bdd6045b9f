-- Behind one of their key that failed: they would be looked at with every claim.
SELECT e.id FROM {effects} e
WHERE e.owner IS NULL AND e.order_key IS NOT NULL AND (
    EXISTS (SELECT 1 FROM {waiting} f
        WHERE f.receiver = e.receiver AND f.order_key = e.order_key AND f.place < e.place)
    OR EXISTS (SELECT 1 FROM {dead} f
        WHERE f.receiver = e.receiver AND f.order_key = e.order_key AND f.place < e.place AND f.blocks = 1))
LIMIT {limit} FOR UPDATE SKIP LOCKED
