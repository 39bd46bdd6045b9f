-- Without autocommit the token would be gone with this session, and the lost COMMIT could still come.
SET SESSION innodb_lock_wait_timeout = 1, autocommit = 1
