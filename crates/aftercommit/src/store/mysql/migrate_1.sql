CREATE TABLE IF NOT EXISTS aftercommit_commits (
    token CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    committed_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    KEY aftercommit_commits_committed_at (committed_at)
) ENGINE = InnoDB
