-- By the database's clock on both sides: that of a worker does not matter. A sign of life from the future is one from before
-- that clock was set back; who lives soon gives a better one.
DELETE FROM {workers} WHERE (beat_at < {now} - lease OR beat_at > {now} + lease) AND id <> {worker}
