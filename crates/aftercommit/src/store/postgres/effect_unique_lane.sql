-- Effects with the same unique key may have different keys, and so different lanes. In the order of their keys one would wait
-- for another: until this transaction has ended nobody else sends one of this unique key.
SELECT pg_advisory_xact_lock({class}, 256 + {lane})
