-- Joined, the ids are looked up one by one. A list of them is a scan in a small table, which waits for what others have.
DELETE e FROM (SELECT NULL AS id UNION ALL SELECT {each_id}) p STRAIGHT_JOIN {dead} e FORCE INDEX (PRIMARY) ON e.id = p.id
