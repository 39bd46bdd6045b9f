-- Follows an INSERT: if the row is there already, it is locked exclusively, and the statement fails with 1242.
-- A plain INSERT would lock it shared, and two of them that go on with an UPDATE wait for each other. An UPDATE that
-- comes first and finds nothing locks the gap, and two of them that go on with an INSERT wait for each other.
ON DUPLICATE KEY UPDATE {id} = (SELECT 1 UNION ALL SELECT 2)
