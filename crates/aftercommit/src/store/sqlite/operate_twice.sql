SELECT e.id, e.receiver, e.order_key, e.fence, 0, 1 FROM {effects} e JOIN {waiting} o ON o.id = e.id
UNION ALL
SELECT e.id, e.receiver, e.order_key, e.fence, 0, 2 FROM {effects} e JOIN {dead} o ON o.id = e.id
UNION ALL
SELECT e.id, e.receiver, e.order_key, e.fence, 1, 2 FROM {waiting} e JOIN {dead} o ON o.id = e.id
LIMIT {limit}
