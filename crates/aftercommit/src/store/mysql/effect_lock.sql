-- Who of them is still to be had. Others may be taking theirs at this moment, or a transaction joins one of them.
SELECT id, receiver, order_key, place, version, payload, headers, created_at, fence, failures, starts, rescues, history, unique_key
FROM {effects} WHERE id IN ({ids}) AND owner IS NULL ORDER BY id FOR UPDATE SKIP LOCKED
