SELECT * FROM (
    SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, OCTET_LENGTH(e.payload) AS bytes,
        1 AS kept, NULL AS owner, NULL AS worker,
        e.due_at, NULL AS died_at, e.why, NULL AS blocks
    FROM {waiting} e WHERE {which} ORDER BY e.id {order} LIMIT {limit}
) AS listed
