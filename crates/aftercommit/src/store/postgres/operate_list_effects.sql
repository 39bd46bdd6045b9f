-- The filter and the order are texts of the library's own.
SELECT * FROM (
    SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, octet_length(e.payload)::bigint AS bytes,
        0::bigint AS kept, e.owner, (SELECT w.name FROM {workers} w WHERE w.id = e.owner) AS worker,
        NULL::bigint AS due_at, NULL::bigint AS died_at, NULL::text AS why, NULL::bigint AS blocks
    FROM {effects} e WHERE {which} ORDER BY e.id {order} LIMIT {limit}
) AS listed
