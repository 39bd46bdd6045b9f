-- It dies with the transaction, and takes no snapshot. The transaction's isolation may still be set after it, as it may not be in
-- a savepoint.
SET LOCAL aftercommit.open = '{probe}'
