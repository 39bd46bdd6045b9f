-- The first dies with the transaction, and with a rollback to an earlier savepoint. The second is undone by both, and
-- survives a commit: so it tells afterwards which of them it was. Neither takes a snapshot.
SET LOCAL aftercommit.open = '{probe}';
SET SESSION aftercommit.committed = '{probe}'
