-- Joined, the names are looked up one by one. A list of them is a scan in a small table, which waits for what others have.
DELETE u FROM (SELECT NULL AS unique_key UNION ALL SELECT {each_key}) p
STRAIGHT_JOIN {uniques} u FORCE INDEX (PRIMARY) ON u.receiver = {receiver} AND u.unique_key = p.unique_key
WHERE u.freed_at < {now} - 3600000000
