-- By the database's clock on both sides: that of a worker does not matter. A heartbeat from the future is one from before that
-- clock was set back; a worker that lives soon gives a better one. Time in which this worker could not write is not counted,
-- nor that in which this statement waits for a lock: {at} is when it was sent.
-- UTC_TIMESTAMP is that of the beginning of the statement. It may have waited for a lock since, and what was written meanwhile is
-- not from the future.
DELETE FROM {workers} WHERE (beat_at < {at} - lease - {uncounted} OR beat_at > {now} + TIMESTAMPDIFF(MICROSECOND, NOW(6), SYSDATE(6)) + lease) AND id <> {worker}
