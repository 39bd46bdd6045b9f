-- What mark.sql and commit.sql do, as one statement: the server answers once, and parses nothing.
BEGIN NOT ATOMIC
    INSERT INTO {markers} (token) VALUES (IF({server} = ?, ?, NULL));
    COMMIT AND NO CHAIN NO RELEASE;
END
