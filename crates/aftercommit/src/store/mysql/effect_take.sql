-- A unique key is given up here: what comes after the start is not covered by it.
-- Joined, the ids are looked up one by one. A list of them is a scan in a small table, which waits for what others have.
UPDATE (SELECT NULL AS id UNION ALL SELECT {each_id}) p STRAIGHT_JOIN {effects} e FORCE INDEX (PRIMARY) ON e.id = p.id
SET e.owner = {worker}, e.fence = e.fence + 1, e.unique_key = NULL
