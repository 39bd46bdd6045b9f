-- What is to be delivered now. Rows stay here for as long as a delivery takes, so that it remains small.
CREATE TABLE IF NOT EXISTS {effects} (
    id BLOB NOT NULL PRIMARY KEY,
    receiver TEXT NOT NULL,
    -- Effects of one key are delivered in the order of their places.
    order_key TEXT,
    place INTEGER,
    unique_key TEXT,
    version INTEGER NOT NULL,
    payload TEXT NOT NULL,
    headers TEXT,
    -- All times are microseconds since 1970, by this database's clock.
    created_at INTEGER NOT NULL,
    -- The worker that has the lease, and how often a lease was given: the fencing number.
    owner INTEGER,
    fence INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    starts INTEGER NOT NULL,
    rescues INTEGER NOT NULL,
    history TEXT
);
-- An index is named with its schema, and the table that it is on is not.
CREATE INDEX IF NOT EXISTS {within}{prefix}effects_owner ON {prefix}effects (owner, receiver, order_key, id);
CREATE INDEX IF NOT EXISTS {within}{prefix}effects_key ON {prefix}effects (receiver, order_key, place) WHERE order_key IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS {within}{prefix}effects_unique ON {prefix}effects (receiver, unique_key) WHERE unique_key IS NOT NULL;

-- What is due later, or stands behind one of its key that is.
CREATE TABLE IF NOT EXISTS {waiting} (
    id BLOB NOT NULL PRIMARY KEY,
    receiver TEXT NOT NULL,
    -- Effects of one key are delivered in the order of their places.
    order_key TEXT,
    place INTEGER,
    unique_key TEXT,
    version INTEGER NOT NULL,
    payload TEXT NOT NULL,
    headers TEXT,
    -- All times are microseconds since 1970, by this database's clock.
    created_at INTEGER NOT NULL,
    -- Without a due time it is parked.
    due_at INTEGER,
    why TEXT NOT NULL,
    fence INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    history TEXT
);
CREATE INDEX IF NOT EXISTS {within}{prefix}waiting_due ON {prefix}waiting (due_at);
CREATE INDEX IF NOT EXISTS {within}{prefix}waiting_key ON {prefix}waiting (receiver, order_key, place) WHERE order_key IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS {within}{prefix}waiting_unique ON {prefix}waiting (receiver, unique_key) WHERE unique_key IS NOT NULL;

-- What was given up. It keeps its key's turn while it blocks.
CREATE TABLE IF NOT EXISTS {dead} (
    id BLOB NOT NULL PRIMARY KEY,
    receiver TEXT NOT NULL,
    -- Effects of one key are delivered in the order of their places.
    order_key TEXT,
    place INTEGER,
    version INTEGER NOT NULL,
    payload TEXT NOT NULL,
    headers TEXT,
    -- All times are microseconds since 1970, by this database's clock.
    created_at INTEGER NOT NULL,
    died_at INTEGER NOT NULL,
    why TEXT NOT NULL,
    blocks INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    history TEXT
);
CREATE INDEX IF NOT EXISTS {within}{prefix}dead_died ON {prefix}dead (died_at);
CREATE INDEX IF NOT EXISTS {within}{prefix}dead_key ON {prefix}dead (receiver, order_key, place) WHERE order_key IS NOT NULL;

-- Who delivers, and lives.
CREATE TABLE IF NOT EXISTS {workers} (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    beat_at INTEGER NOT NULL,
    lease INTEGER NOT NULL
);

-- Which receivers an operator has paused.
CREATE TABLE IF NOT EXISTS {receivers} (
    name TEXT NOT NULL PRIMARY KEY,
    paused_at INTEGER
);

-- The last place that was given in each lane of keys.
CREATE TABLE IF NOT EXISTS {lanes} (
    lane INTEGER NOT NULL PRIMARY KEY,
    place INTEGER NOT NULL
);

WITH RECURSIVE numbers (lane) AS (SELECT 0 UNION ALL SELECT lane + 1 FROM numbers WHERE lane < 255)
INSERT OR IGNORE INTO {lanes} (lane, place) SELECT lane, 0 FROM numbers;

-- The version of these tables: a process that needs another one says so when it starts.
CREATE TABLE IF NOT EXISTS {schema} (
    version INTEGER NOT NULL PRIMARY KEY
);

INSERT OR IGNORE INTO {schema} (version) VALUES (1)
