-- By state, never by "id > last seen": ids do not become visible in their order. {low} only says below which ids nothing was
-- found a moment ago, so that the scan does not wade through the remains of what was delivered; it is lifted again and again.
-- A unique key is given up here: what comes after the start is not covered by it.
UPDATE {effects} SET owner = {worker}, fence = fence + 1, unique_key = NULL
WHERE id IN (
    SELECT e.id FROM {effects} e
    WHERE e.owner IS NULL AND e.receiver = {receiver} AND e.order_key IS NULL AND e.id > {low}
    ORDER BY e.id LIMIT {limit}
)
RETURNING id, receiver, order_key, place, version, payload, headers, created_at, fence, failures, starts, rescues, history
