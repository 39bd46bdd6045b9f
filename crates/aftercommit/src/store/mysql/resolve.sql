-- Whoever inserts the token decides. If the lost COMMIT got through, this is a duplicate; if it is still
-- under way, this waits for it; if it has not arrived yet, it will find the token taken and fail. A lookup whose answer got
-- lost asks again, and must not take its own row for that of the commit.
INSERT INTO {markers} (token, refused) VALUES (X'{token}', TRUE)
