-- Until this transaction has ended nobody else gets a place in the lane: places are in the order of commits.
SELECT pg_advisory_xact_lock({class}, {lane})
