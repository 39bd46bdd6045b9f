SELECT * FROM (
    SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, LENGTH(CAST(e.payload AS BLOB)) AS bytes,
        2 AS kept, NULL AS owner, NULL AS worker,
        NULL AS due_at, e.died_at, e.why, e.blocks
    FROM {dead} e WHERE {which} ORDER BY e.id {order} LIMIT {limit}
) AS listed
