-- A token is asked for within seconds of its commit.
DELETE FROM aftercommit_commits WHERE committed_at < NOW() - INTERVAL 1 HOUR LIMIT 1000
