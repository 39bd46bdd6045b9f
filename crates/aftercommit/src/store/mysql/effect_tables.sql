-- What is to be delivered now. Rows stay here for as long as a delivery takes, so that it remains small.
CREATE TABLE IF NOT EXISTS {effects} (
    id BINARY(16) NOT NULL PRIMARY KEY,
    receiver VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- Effects of one key are delivered in the order of their places. Keys are bytes: every collation that both MySQL and
    -- MariaDB have takes 'a' and 'a ' for the same.
    order_key VARBINARY(190),
    place BIGINT,
    unique_key VARBINARY(190),
    version BIGINT NOT NULL,
    payload LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    headers LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    -- All times are microseconds since 1970, by this database's clock.
    created_at BIGINT NOT NULL,
    -- The worker that has the lease, and how often a lease was given: the fencing number.
    owner BIGINT,
    fence BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    starts BIGINT NOT NULL,
    rescues BIGINT NOT NULL,
    history LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    KEY {prefix}effects_owner (owner, receiver, order_key, id),
    KEY {prefix}effects_key (receiver, order_key, place)
) ENGINE = InnoDB;

-- What is due later, or stands behind one of its key that is.
CREATE TABLE IF NOT EXISTS {waiting} (
    id BINARY(16) NOT NULL PRIMARY KEY,
    receiver VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- Effects of one key are delivered in the order of their places.
    order_key VARBINARY(190),
    place BIGINT,
    unique_key VARBINARY(190),
    version BIGINT NOT NULL,
    payload LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    headers LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    -- All times are microseconds since 1970, by this database's clock.
    created_at BIGINT NOT NULL,
    -- Without a due time it is parked.
    due_at BIGINT,
    why VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    fence BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    history LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    KEY {prefix}waiting_due (due_at),
    KEY {prefix}waiting_key (receiver, order_key, place)
) ENGINE = InnoDB;

-- What was given up. It keeps its key's turn while it blocks.
CREATE TABLE IF NOT EXISTS {dead} (
    id BINARY(16) NOT NULL PRIMARY KEY,
    receiver VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- Effects of one key are delivered in the order of their places.
    order_key VARBINARY(190),
    place BIGINT,
    version BIGINT NOT NULL,
    payload LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    headers LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    -- All times are microseconds since 1970, by this database's clock.
    created_at BIGINT NOT NULL,
    died_at BIGINT NOT NULL,
    why LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blocks BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    history LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    KEY {prefix}dead_died (died_at),
    KEY {prefix}dead_key (receiver, order_key, place)
) ENGINE = InnoDB;

-- Who delivers, and lives.
CREATE TABLE IF NOT EXISTS {workers} (
    id BIGINT NOT NULL PRIMARY KEY,
    name VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    started_at BIGINT NOT NULL,
    beat_at BIGINT NOT NULL,
    lease BIGINT NOT NULL
) ENGINE = InnoDB;

-- Which receivers an operator has paused.
CREATE TABLE IF NOT EXISTS {receivers} (
    name VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    paused_at BIGINT
) ENGINE = InnoDB;

-- The names of pending effects that are there once, and of those that are due later.
CREATE TABLE IF NOT EXISTS {uniques} (
    receiver VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    unique_key VARBINARY(190) NOT NULL,
    late BOOLEAN NOT NULL,
    -- Without one the name is free, since then.
    id BINARY(16),
    freed_at BIGINT,
    PRIMARY KEY (receiver, unique_key, late),
    KEY {prefix}uniques_freed (freed_at)
) ENGINE = InnoDB;

-- The last place that was given in each lane of keys.
CREATE TABLE IF NOT EXISTS {lanes} (
    lane BIGINT NOT NULL PRIMARY KEY,
    place BIGINT NOT NULL
) ENGINE = InnoDB;

INSERT IGNORE INTO {lanes} (lane, place)
WITH RECURSIVE numbers (lane) AS (SELECT 0 UNION ALL SELECT lane + 1 FROM numbers WHERE lane < 255)
SELECT lane, 0 FROM numbers;

-- The version of these tables: a process that needs another one says so when it starts.
CREATE TABLE IF NOT EXISTS {schema} (
    version BIGINT NOT NULL PRIMARY KEY
) ENGINE = InnoDB;

INSERT IGNORE INTO {schema} (version) VALUES (1);

-- The session may not commit by itself.
COMMIT
