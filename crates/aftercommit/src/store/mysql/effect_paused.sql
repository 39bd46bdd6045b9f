SELECT name FROM {receivers} WHERE paused_at IS NOT NULL
