-- Paused twice, it is paused since the first time.
INSERT INTO {receivers} AS r (name, paused_at) VALUES ({receiver}, {now})
ON CONFLICT (name) DO UPDATE SET paused_at = COALESCE(r.paused_at, EXCLUDED.paused_at)
