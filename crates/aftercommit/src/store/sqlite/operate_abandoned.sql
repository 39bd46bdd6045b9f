-- Whose worker is not there, or has given no sign of life for longer than it may although another one lives that should have
-- noticed.
SELECT e.id, e.receiver, e.order_key, e.fence, e.owner, {now} - w.beat_at
FROM {effects} e LEFT JOIN {workers} w ON w.id = e.owner
WHERE e.owner IS NOT NULL AND (w.id IS NULL OR (w.beat_at < {now} - w.lease - {tolerance}
    AND EXISTS (SELECT 1 FROM {workers} l WHERE l.beat_at >= {now} - l.lease)))
ORDER BY e.id LIMIT {limit}
