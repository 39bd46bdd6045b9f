-- The fencing number: one that arrives late must not take a lease that was given again.
-- Joined, the ids are looked up one by one. A list of them is a scan in a small table, which waits for what others have.
UPDATE (SELECT NULL AS id UNION ALL SELECT {each_id}) p STRAIGHT_JOIN {effects} e FORCE INDEX (PRIMARY) ON e.id = p.id
SET e.owner = NULL, e.fence = e.fence + 1
WHERE e.owner = {worker} AND e.fence = {fence}
