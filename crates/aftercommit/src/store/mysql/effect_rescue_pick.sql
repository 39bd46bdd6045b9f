-- Whoever owns an effect and is not there: its process died, or was too slow to say that it lives. A worker is registered
-- before it owns anything.
SELECT DISTINCT e.owner FROM {effects} e
WHERE e.owner IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {workers} w WHERE w.id = e.owner)
