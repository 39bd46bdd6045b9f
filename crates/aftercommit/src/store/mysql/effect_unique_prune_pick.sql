-- Names that nobody has used for an hour.
SELECT receiver, unique_key FROM {uniques} WHERE freed_at < {now} - 3600000000
ORDER BY freed_at LIMIT {limit} FOR UPDATE SKIP LOCKED
