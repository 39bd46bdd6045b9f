-- Whoever inserts the token decides. If the lost COMMIT got through, this is a duplicate; if it is still
-- under way, this waits for it; if it has not arrived yet, it will find the token taken and fail.
INSERT INTO {markers} (token) VALUES (X'{token}')
