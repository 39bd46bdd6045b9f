-- Paused twice, it is paused since the first time.
INSERT INTO {receivers} (name, paused_at) VALUES ({receiver}, {now})
ON DUPLICATE KEY UPDATE paused_at = COALESCE(paused_at, VALUES(paused_at))
