SELECT id, receiver, unique_key FROM {waiting} WHERE due_at <= {now} AND unique_key IS NULL ORDER BY due_at LIMIT {limit} FOR UPDATE SKIP LOCKED
