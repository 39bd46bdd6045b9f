-- What is due later does not stand in the way of what is due now. One that joins a waiting one keeps its due time.
{current}INSERT INTO {waiting}
    (id, receiver, order_key, place, unique_key, version, payload, headers, created_at, due_at, why, fence, failures)
VALUES {rows}
ON DUPLICATE KEY UPDATE version = VALUES(version), payload = VALUES(payload), headers = VALUES(headers)
