SELECT w.id, w.name, {now} - w.started_at, {now} - w.beat_at, w.lease,
    (SELECT COUNT(*) FROM {effects} e WHERE e.owner = w.id)
FROM {workers} w ORDER BY w.started_at, w.id
