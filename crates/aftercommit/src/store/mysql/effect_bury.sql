INSERT INTO {dead}
    (id, receiver, order_key, place, version, payload, headers, created_at, died_at, why, blocks, fence, failures, history)
SELECT id, receiver, order_key, place, version, payload, headers, created_at, {now}, {why},
    CASE WHEN order_key IS NULL THEN 0 ELSE 1 END, fence, {failures}, {history}
FROM {effects} WHERE id = {id} AND owner = {worker} AND fence = {fence}
