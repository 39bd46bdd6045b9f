-- Of one key, what nothing blocks any more. The first ones, or those behind them would have to wait again.
SELECT p.id, p.receiver, p.unique_key FROM {waiting} p
WHERE p.receiver = {receiver} AND p.order_key = {key} AND p.due_at IS NULL AND p.place < (
    SELECT COALESCE(MIN(f.place), 9223372036854775807) FROM (
        SELECT w.place FROM {waiting} w
        WHERE w.receiver = {receiver} AND w.order_key = {key} AND w.due_at IS NOT NULL
        UNION ALL
        SELECT d.place FROM {dead} d WHERE d.receiver = {receiver} AND d.order_key = {key} AND d.blocks = 1) f)
ORDER BY p.place LIMIT {limit} FOR UPDATE SKIP LOCKED
