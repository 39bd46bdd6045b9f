-- Any statement but COMMIT and ROLLBACK fails in a transaction that the server has aborted; COMMIT alone
-- would be answered with a silent ROLLBACK. The first of these costs no round trip: a failure in it keeps
-- COMMIT from being run.
SELECT 1;
COMMIT
