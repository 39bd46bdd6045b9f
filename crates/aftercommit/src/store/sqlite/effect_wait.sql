INSERT INTO {waiting}
    (id, receiver, order_key, place, unique_key, version, payload, headers, created_at, due_at, why, fence, failures, history)
SELECT id, receiver, order_key, place, NULL, version, payload, headers, created_at, {now} + {delay}, 'retry', fence, {failures}, {history}
FROM {effects} WHERE id = {id} AND owner = {worker} AND fence = {fence}
