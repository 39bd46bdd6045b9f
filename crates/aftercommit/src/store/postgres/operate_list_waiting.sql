SELECT * FROM (
    SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, octet_length(e.payload)::bigint AS bytes,
        1::bigint AS kept, NULL::bigint AS owner, NULL::text AS worker,
        e.due_at, NULL::bigint AS died_at, e.why, NULL::bigint AS blocks
    FROM {waiting} e WHERE {which} ORDER BY e.id {order} LIMIT {limit}
) AS listed
