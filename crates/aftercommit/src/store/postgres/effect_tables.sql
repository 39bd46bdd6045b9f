-- Two processes that start at the same time take turns.
SELECT pg_advisory_xact_lock({class}, 256);

-- What is to be delivered now. Rows stay here for as long as a delivery takes, so that it remains small.
CREATE TABLE IF NOT EXISTS {effects} (
    id uuid NOT NULL PRIMARY KEY,
    receiver text NOT NULL,
    -- Effects of one key are delivered in the order of their places.
    order_key text,
    place bigint,
    unique_key text,
    version bigint NOT NULL,
    payload text NOT NULL,
    headers text,
    -- All times are microseconds since 1970, by this database's clock.
    created_at bigint NOT NULL,
    -- The worker that has the lease, and how often a lease was given: the fencing number.
    owner bigint,
    fence bigint NOT NULL,
    failures bigint NOT NULL,
    starts bigint NOT NULL,
    rescues bigint NOT NULL,
    history text
);
CREATE INDEX IF NOT EXISTS {prefix}effects_owner ON {effects} (owner, receiver, order_key, id);
CREATE INDEX IF NOT EXISTS {prefix}effects_key ON {effects} (receiver, order_key, place) WHERE order_key IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS {prefix}effects_unique ON {effects} (receiver, unique_key) WHERE unique_key IS NOT NULL;

-- What is due later, or stands behind one of its key that is.
CREATE TABLE IF NOT EXISTS {waiting} (
    id uuid NOT NULL PRIMARY KEY,
    receiver text NOT NULL,
    -- Effects of one key are delivered in the order of their places.
    order_key text,
    place bigint,
    unique_key text,
    version bigint NOT NULL,
    payload text NOT NULL,
    headers text,
    -- All times are microseconds since 1970, by this database's clock.
    created_at bigint NOT NULL,
    -- Without a due time it is parked.
    due_at bigint,
    why text NOT NULL,
    fence bigint NOT NULL,
    failures bigint NOT NULL,
    history text
);
CREATE INDEX IF NOT EXISTS {prefix}waiting_due ON {waiting} (due_at);
CREATE INDEX IF NOT EXISTS {prefix}waiting_key ON {waiting} (receiver, order_key, place) WHERE order_key IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS {prefix}waiting_unique ON {waiting} (receiver, unique_key) WHERE unique_key IS NOT NULL;

-- What was given up. It keeps its key's turn while it blocks.
CREATE TABLE IF NOT EXISTS {dead} (
    id uuid NOT NULL PRIMARY KEY,
    receiver text NOT NULL,
    -- Effects of one key are delivered in the order of their places.
    order_key text,
    place bigint,
    version bigint NOT NULL,
    payload text NOT NULL,
    headers text,
    -- All times are microseconds since 1970, by this database's clock.
    created_at bigint NOT NULL,
    died_at bigint NOT NULL,
    why text NOT NULL,
    blocks bigint NOT NULL,
    fence bigint NOT NULL,
    failures bigint NOT NULL,
    history text
);
CREATE INDEX IF NOT EXISTS {prefix}dead_died ON {dead} (died_at);
CREATE INDEX IF NOT EXISTS {prefix}dead_key ON {dead} (receiver, order_key, place) WHERE order_key IS NOT NULL;

-- Who delivers, and lives.
CREATE TABLE IF NOT EXISTS {workers} (
    id bigint NOT NULL PRIMARY KEY,
    name text NOT NULL,
    started_at bigint NOT NULL,
    beat_at bigint NOT NULL,
    lease bigint NOT NULL
);

-- Which receivers an operator has paused.
CREATE TABLE IF NOT EXISTS {receivers} (
    name text NOT NULL PRIMARY KEY,
    paused_at bigint
);

CREATE SEQUENCE IF NOT EXISTS {places};

-- The version of these tables: a process that needs another one says so when it starts.
CREATE TABLE IF NOT EXISTS {schema} (
    version bigint NOT NULL PRIMARY KEY
);

INSERT INTO {schema} (version) VALUES (1) ON CONFLICT DO NOTHING
