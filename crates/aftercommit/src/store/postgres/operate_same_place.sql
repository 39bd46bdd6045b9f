-- Two of one key that do not know who is first.
WITH placed AS (
    SELECT id, receiver, order_key, place, fence FROM {effects} WHERE order_key IS NOT NULL
    UNION ALL SELECT id, receiver, order_key, place, fence FROM {waiting} WHERE order_key IS NOT NULL
    UNION ALL SELECT id, receiver, order_key, place, fence FROM {dead} WHERE order_key IS NOT NULL
)
SELECT p.id, p.receiver, p.order_key, p.fence, p.place, 0::bigint FROM placed p
JOIN (SELECT receiver, order_key, place FROM placed GROUP BY receiver, order_key, place HAVING COUNT(DISTINCT id) > 1) s
    ON s.receiver = p.receiver AND s.order_key = p.order_key AND s.place = p.place
ORDER BY p.id LIMIT {limit}
