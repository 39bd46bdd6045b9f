-- No row in the answer: somebody has taken this worker for dead.
UPDATE {workers} SET beat_at = {now} WHERE id = {worker}
