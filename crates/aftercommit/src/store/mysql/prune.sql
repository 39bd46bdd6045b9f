-- A token is asked for within seconds of its commit. The first 48 bits of a token are its time in milliseconds.
DELETE FROM {markers}
WHERE token < UNHEX(RPAD(LPAD(HEX((UNIX_TIMESTAMP() - 3600) * 1000), 12, '0'), 32, '0'))
LIMIT 1000
