-- By the database's clock on both sides: that of a worker does not matter.
DELETE FROM {workers} WHERE beat_at < {now} - lease AND id <> {worker}
