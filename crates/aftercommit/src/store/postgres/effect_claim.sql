-- By state, never by "id > last seen": ids do not become visible in their order. {low} only says below which ids nothing was
-- found a moment ago, so that the scan does not wade through the remains of what was delivered; it is lifted again and again.
-- A unique key is given up here: what comes after the start is not covered by it.
-- The order names the index: to Postgres, IS NULL is no equality.
WITH picked AS MATERIALIZED (
    SELECT e.id FROM {effects} e
    WHERE e.owner IS NULL AND e.receiver = {receiver} AND e.order_key IS NULL AND e.id > {low}
    ORDER BY e.owner, e.receiver, e.order_key, e.id LIMIT {limit} FOR UPDATE SKIP LOCKED
)
UPDATE {effects} t SET owner = {worker}, fence = t.fence + 1, unique_key = NULL
FROM picked WHERE t.id = picked.id
RETURNING t.id, t.receiver, t.order_key, t.place, t.version, t.payload, t.headers, t.created_at, t.fence, t.failures, t.starts, t.rescues, t.history
