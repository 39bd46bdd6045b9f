INSERT INTO aftercommit_commits (token) VALUES ('{token}');
