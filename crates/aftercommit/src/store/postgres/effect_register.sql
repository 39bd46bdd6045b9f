INSERT INTO {workers} (id, name, started_at, beat_at, lease) VALUES ({worker}, {name}, {now}, {now}, {lease})
