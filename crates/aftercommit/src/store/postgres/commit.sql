-- COMMIT of a transaction that the server has aborted is answered with a silent ROLLBACK. It is not sent for
-- one: the answer of every statement has been read by now, and a transaction is aborted by nothing else.
COMMIT
