SELECT id FROM {dead} WHERE died_at < {now} - {age} AND blocks <= {blocks} ORDER BY died_at LIMIT {limit} FOR UPDATE SKIP LOCKED
