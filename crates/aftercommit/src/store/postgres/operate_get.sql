-- One statement, so that what is just being moved is found.
SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, octet_length(e.payload)::bigint AS bytes,
    0::bigint AS kept, e.owner, (SELECT w.name FROM {workers} w WHERE w.id = e.owner) AS worker,
    NULL::bigint AS due_at, NULL::bigint AS died_at, NULL::text AS why, NULL::bigint AS blocks,
    e.payload, e.headers, e.history, e.starts, e.rescues
FROM {effects} e WHERE e.id = {id}
UNION ALL
SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, octet_length(e.payload)::bigint AS bytes,
    1::bigint AS kept, NULL::bigint AS owner, NULL::text AS worker,
    e.due_at, NULL::bigint AS died_at, e.why, NULL::bigint AS blocks,
    e.payload, e.headers, e.history, 0::bigint AS starts, 0::bigint AS rescues
FROM {waiting} e WHERE e.id = {id}
UNION ALL
SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, octet_length(e.payload)::bigint AS bytes,
    2::bigint AS kept, NULL::bigint AS owner, NULL::text AS worker,
    NULL::bigint AS due_at, e.died_at, e.why, e.blocks,
    e.payload, e.headers, e.history, 0::bigint AS starts, 0::bigint AS rescues
FROM {dead} e WHERE e.id = {id}
