-- The fencing number goes on, and the key and its place are kept: so is the order.
INSERT INTO {effects}
    (id, receiver, order_key, place, unique_key, version, payload, headers, created_at, owner, fence, failures, starts, rescues, history)
SELECT id, receiver, order_key, place, NULL, version, payload, headers, created_at, NULL, fence + 1, 0, 0, 0, history
FROM {dead} WHERE id IN ({ids})
