-- The rows are literals, so that they travel in one message with COMMIT. One that joins a pending
-- one has its id.
{current}INSERT INTO {effects}
    (id, receiver, order_key, place, unique_key, version, payload, headers, created_at, owner, fence, failures, starts, rescues)
VALUES {rows}
ON DUPLICATE KEY UPDATE version = VALUES(version), payload = VALUES(payload), headers = VALUES(headers)
