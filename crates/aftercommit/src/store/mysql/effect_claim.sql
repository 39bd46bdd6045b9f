-- By state, never by "id > last seen": ids do not become visible in their order. {low} only says below which ids nothing was
-- found a moment ago, so that the scan does not wade through the remains of what was delivered; it is lifted again and again.
SELECT e.id FROM {effects} e
WHERE e.owner IS NULL AND e.receiver = {receiver} AND e.order_key IS NULL AND e.id > {low}
ORDER BY e.id LIMIT {limit} FOR UPDATE SKIP LOCKED
