-- By the database's clock on both sides: that of a worker does not matter. A heartbeat from the future is one from before that
-- clock was set back; a worker that lives soon gives a better one. Time in which this worker could not write is not counted,
-- nor that in which this statement waits for a lock: {at} is when it was sent.
DELETE FROM {workers} WHERE (beat_at < {at} - lease - {uncounted} OR beat_at > {now} + lease) AND id <> {worker}
