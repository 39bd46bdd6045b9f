-- Due long ago, although somebody lives who should have seen it.
SELECT e.id, e.receiver, e.order_key, e.fence, {now} - e.due_at, 0::bigint FROM {waiting} e
WHERE e.due_at < {now} - {tolerance} AND EXISTS (SELECT 1 FROM {workers} l WHERE l.beat_at >= {now} - l.lease)
ORDER BY e.id LIMIT {limit}
