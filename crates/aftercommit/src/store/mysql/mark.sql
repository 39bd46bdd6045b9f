-- A marker is meant for one server. In a session on another one, or in one that was not asked yet who it is, this fails before COMMIT
-- is run. A variable of the session, because reading the server's own takes a twentieth of the throughput.
INSERT INTO {markers} (token) VALUES (IF(@aftercommit_server = X'{server_hex}', X'{token}', NULL));
