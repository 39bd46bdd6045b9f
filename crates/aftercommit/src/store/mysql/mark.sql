-- A marker is meant for one server. On another one (the address led elsewhere since) this fails before COMMIT is run.
INSERT INTO {markers} (token) VALUES (IF({server} = X'{server_hex}', X'{token}', NULL));
