-- One statement, so that what is just being moved is found.
SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, OCTET_LENGTH(e.payload) AS bytes,
    0 AS kept, e.owner, (SELECT w.name FROM {workers} w WHERE w.id = e.owner) AS worker,
    NULL AS due_at, NULL AS died_at, NULL AS why, NULL AS blocks,
    e.payload, e.headers, e.history, e.starts, e.rescues
FROM {effects} e WHERE e.id = {id}
UNION ALL
SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, OCTET_LENGTH(e.payload) AS bytes,
    1 AS kept, NULL AS owner, NULL AS worker,
    e.due_at, NULL AS died_at, e.why, NULL AS blocks,
    e.payload, e.headers, e.history, 0 AS starts, 0 AS rescues
FROM {waiting} e WHERE e.id = {id}
UNION ALL
SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, OCTET_LENGTH(e.payload) AS bytes,
    2 AS kept, NULL AS owner, NULL AS worker,
    NULL AS due_at, e.died_at, e.why, e.blocks,
    e.payload, e.headers, e.history, 0 AS starts, 0 AS rescues
FROM {dead} e WHERE e.id = {id}
