SELECT * FROM (
    SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, octet_length(e.payload)::bigint AS bytes,
        2::bigint AS kept, NULL::bigint AS owner, NULL::text AS worker,
        NULL::bigint AS due_at, e.died_at, e.why, e.blocks
    FROM {dead} e WHERE {which} ORDER BY e.id {order} LIMIT {limit}
) AS listed
