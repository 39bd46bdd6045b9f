-- The filter and the order are texts of the library's own.
SELECT * FROM (
    SELECT e.id, e.receiver, e.order_key, e.place, e.version, e.created_at, e.failures, LENGTH(CAST(e.payload AS BLOB)) AS bytes,
        0 AS kept, e.owner, (SELECT w.name FROM {workers} w WHERE w.id = e.owner) AS worker,
        NULL AS due_at, NULL AS died_at, NULL AS why, NULL AS blocks
    FROM {effects} e WHERE {which} ORDER BY e.id {order} LIMIT {limit}
) AS listed
