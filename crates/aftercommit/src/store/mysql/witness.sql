-- It is committed if, and only if, what is open now is.
INSERT INTO {markers} (token) VALUES (X'{probe}')
