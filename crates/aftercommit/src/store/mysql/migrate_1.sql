-- The token begins with the time of its making, so that new rows are written at the end and old ones are found at the
-- beginning. Refused ones were written by a lookup, so that the COMMIT that it could not find can never come. (A table of
-- before, aftercommit_commits, is not used any more and may be dropped.)
CREATE TABLE IF NOT EXISTS aftercommit_markers (
    token BINARY(16) NOT NULL PRIMARY KEY,
    refused BOOLEAN NOT NULL DEFAULT FALSE
) ENGINE = InnoDB
