-- What is about to be moved gives its name up first, as long as its row is there: a sender that looks for a row that has gone
-- locks the gap, and two of them wait for each other.
SELECT id, receiver, unique_key FROM {waiting} WHERE due_at <= {now} AND unique_key IS NOT NULL ORDER BY due_at LIMIT {limit}
