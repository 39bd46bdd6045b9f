-- One statement, so that what is just being moved is counted once. The oldest pending one is found by its id, which an index
-- has: ids are in the order of time, but for the differences between the clocks of processes.
SELECT g.receiver, g.pending, g.claimed, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
    {now} - (SELECT e.created_at FROM {effects} e WHERE e.owner IS NULL AND e.receiver = g.receiver ORDER BY e.id LIMIT 1),
    NULL::bigint
FROM (SELECT receiver, COUNT(*) - COUNT(owner) AS pending, COUNT(owner) AS claimed FROM {effects} GROUP BY receiver) g
UNION ALL
SELECT receiver, 0, 0, COUNT(due_at), COUNT(*) - COUNT(due_at), 0, 0, NULL, NULL FROM {waiting} GROUP BY receiver
UNION ALL
SELECT receiver, 0, 0, 0, 0, COUNT(*), COUNT(CASE WHEN blocks = 1 THEN 1 END), NULL, NULL FROM {dead} GROUP BY receiver
UNION ALL
SELECT name, 0, 0, 0, 0, 0, 0, NULL, {now} - paused_at FROM {receivers} WHERE paused_at IS NOT NULL
