-- Where the statement itself goes to the replicas it must mean the same there. So the server says who it is instead, before COMMIT.
SELECT {server} AS aftercommit_server;
INSERT INTO {markers} (token) VALUES (X'{token}');
