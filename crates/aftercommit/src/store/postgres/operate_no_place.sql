-- With a key and without a place it is before and behind nothing, whatever its key says.
SELECT id, receiver, order_key, fence, 0::bigint, 0::bigint FROM {effects} WHERE order_key IS NOT NULL AND place IS NULL
UNION ALL
SELECT id, receiver, order_key, fence, 0, 0 FROM {waiting} WHERE order_key IS NOT NULL AND place IS NULL
UNION ALL
SELECT id, receiver, order_key, fence, 0, 0 FROM {dead} WHERE order_key IS NOT NULL AND place IS NULL
LIMIT {limit}
