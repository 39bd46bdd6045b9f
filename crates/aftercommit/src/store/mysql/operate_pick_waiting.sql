-- Without a due time it is parked, and not its own to move.
SELECT id, receiver, order_key, version FROM {waiting} WHERE id = {id} AND due_at IS NOT NULL FOR UPDATE
