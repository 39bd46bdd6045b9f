-- The fencing number: who was paused for longer than its lease changes nothing.
-- Joined, the ids are looked up one by one. A list of them is a scan in a small table, which waits for what others have.
DELETE e FROM (SELECT NULL AS id UNION ALL SELECT {each_id}) p STRAIGHT_JOIN {effects} e FORCE INDEX (PRIMARY) ON e.id = p.id
WHERE e.owner = {worker} AND e.fence = {fence}
