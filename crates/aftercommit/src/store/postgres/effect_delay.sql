-- What is due later does not stand in the way of what is due now. One that joins a waiting one keeps its due time.
INSERT INTO {waiting}
    (id, receiver, order_key, place, unique_key, version, payload, headers, created_at, due_at, why, fence, failures)
VALUES {rows}
ON CONFLICT (receiver, unique_key) WHERE unique_key IS NOT NULL DO UPDATE
SET version = EXCLUDED.version, payload = EXCLUDED.payload, headers = EXCLUDED.headers
