==== reads
SELECT 1
----
SELECT 1 AS `healthy?`
----
select id, email from users where id = ?
----
SELECT `users`.* FROM `users` WHERE `users`.`id` = ? LIMIT ?
----
SELECT `posts`.* FROM `posts` INNER JOIN `users` ON `users`.`id` = `posts`.`author_id` WHERE `users`.`active` = TRUE ORDER BY `posts`.`published_at` DESC LIMIT 20 OFFSET 40
----
SELECT COUNT(*) FROM `comments` WHERE `comments`.`post_id` IN (1, 2, 3)
----
SELECT 1 AS one FROM `users` WHERE `users`.`email` = BINARY 'a@example.com' LIMIT 1
----
SELECT `auth_user`.`id`, `auth_user`.`password` FROM `auth_user` WHERE `auth_user`.`username` = 'o''brien' ORDER BY `auth_user`.`id` ASC LIMIT 21
----
SELECT COUNT(*) AS `__count` FROM `shop_order` WHERE (`shop_order`.`status` = 'open' AND NOT (`shop_order`.`total` > 100.50))
----
SELECT DISTINCT `shop_order`.`customer_id` FROM `shop_order` WHERE `shop_order`.`created` >= '2024-01-01 00:00:00'
----
SELECT (1) AS `a` FROM `shop_order` WHERE `shop_order`.`id` = 42 LIMIT 1
----
SELECT EXISTS(SELECT 1 FROM invitations WHERE token = ? AND used_at IS NULL)
----
SELECT u0.`id`, u0.`name` FROM `users` AS u0 WHERE (u0.`id` IN (?,?,?))
----
SELECT anon_1.total FROM (SELECT sum(line.qty * line.price) AS total FROM line GROUP BY line.order_id) AS anon_1
----
SELECT `t0`.`id`, `t0`.`title` FROM `app`.`Post` AS `t0` WHERE 1=1 LIMIT ? OFFSET ?
----
SELECT users.id AS users_id, users.name AS users_name FROM users WHERE users.name LIKE CONCAT('%', ?, '%')
----
SELECT * FROM accounts
----
SELECT SQL_NO_CACHE * FROM accounts
----
SELECT SQL_CALC_FOUND_ROWS id FROM posts LIMIT 10
----
SELECT FOUND_ROWS()
----
SELECT STRAIGHT_JOIN a.id FROM a JOIN b ON a.id = b.a_id
----
SELECT HIGH_PRIORITY id FROM t
----
SELECT CAST(amount AS DECIMAL(10, 2)) FROM payments
----
SELECT CAST(x AS CHAR(20) CHARACTER SET utf8mb4), CAST(y AS UNSIGNED), CAST(z AS SIGNED) FROM t
----
SELECT CONVERT(name USING utf8mb4), CONVERT(n, CHAR) FROM t
----
SELECT NOW(), CURDATE(), CURTIME(), UTC_TIMESTAMP(), SYSDATE()
----
SELECT NOW(6), CURRENT_TIMESTAMP, CURRENT_TIMESTAMP(3), LOCALTIME
----
SELECT NOW() - INTERVAL 7 DAY
----
SELECT DATE_ADD(created_at, INTERVAL 1 MONTH), DATE_SUB(NOW(), INTERVAL '1:30' HOUR_MINUTE) FROM orders
----
SELECT DATE_FORMAT(created_at, '%Y-%m-%dT%H:%i:%s') FROM orders
----
SELECT YEAR(d), MONTH(d), DAY(d), HOUR(d), WEEK(d, 3), DAYOFWEEK(d), LAST_DAY(d) FROM t
----
SELECT TIMESTAMPDIFF(MINUTE, started_at, ended_at) FROM sessions
----
SELECT EXTRACT(YEAR_MONTH FROM created_at), COUNT(*) FROM orders GROUP BY 1
----
SELECT UNIX_TIMESTAMP(), FROM_UNIXTIME(1700000000), STR_TO_DATE('01,5,2013', '%d,%m,%Y')
----
SELECT DATEDIFF(a, b), TIMEDIFF(a, b), ADDTIME(a, '01:00:00'), MAKEDATE(2024, 60) FROM t
----
SELECT CONVERT_TZ(at, 'UTC', 'Europe/Berlin') FROM events
----
SELECT UUID(), RAND(), MD5('a'), SHA2('a', 256)
----
SELECT VERSION(), DATABASE(), USER(), CURRENT_USER(), CONNECTION_ID()
----
SELECT @@version, @@global.max_connections, @@session.sql_mode, @@autocommit
----
SELECT @@tx_isolation
----
SELECT @@SESSION.transaction_isolation
----
SELECT @a, @b + 1, @`odd name`
----
SELECT LAST_INSERT_ID()
----
SELECT ROW_COUNT()
----
SELECT IF(total > 100, 'big', 'small'), IFNULL(note, ''), NULLIF(a, b), COALESCE(a, b, 0) FROM orders
----
SELECT CASE WHEN total > 100 THEN 'big' ELSE 'small' END AS size FROM orders
----
SELECT CASE status WHEN 1 THEN 'new' WHEN 2 THEN 'done' END AS `end` FROM jobs
----
SELECT begin_at, end_at, commit_sha, rollback_count FROM deployments
----
SELECT commits.sha, c.begin, c.end FROM commits JOIN calendar c ON c.id = commits.calendar_id
----
SELECT `commit`, `begin`, `end; ROLLBACK` FROM builds
----
SELECT 'commit; rollback' FROM t WHERE a = "begin; end"
----
SELECT GROUP_CONCAT(name ORDER BY name SEPARATOR ', ') FROM tags
----
SELECT GROUP_CONCAT(DISTINCT tag ORDER BY tag DESC) FROM post_tags GROUP BY post_id
----
SELECT JSON_EXTRACT(data, '$.address.city') FROM profiles
----
SELECT data->'$.name', data->>'$.name' FROM profiles
----
SELECT JSON_OBJECT('id', id, 'tags', JSON_ARRAY('a', 'b')) FROM posts
----
SELECT JSON_UNQUOTE(JSON_EXTRACT(data, '$.items[0]')) FROM orders
----
SELECT JSON_ARRAYAGG(name), JSON_OBJECTAGG(k, v) FROM settings
----
SELECT * FROM profiles WHERE JSON_CONTAINS(data, '"admin"', '$.roles')
----
SELECT JSON_LENGTH(data), JSON_KEYS(data), JSON_TYPE(data), JSON_VALID(data) FROM profiles
----
SELECT JSON_SET(data, '$.a', 1), JSON_REMOVE(data, '$.b'), JSON_SEARCH(data, 'one', 'x') FROM profiles
----
SELECT jt.* FROM orders, JSON_TABLE(orders.doc, '$.lines[*]' COLUMNS (sku VARCHAR(20) PATH '$.sku', qty INT PATH '$.qty')) AS jt
----
SELECT * FROM articles WHERE MATCH (title, body) AGAINST ('database' IN NATURAL LANGUAGE MODE)
----
SELECT id, MATCH(title) AGAINST('+rust -go' IN BOOLEAN MODE) AS score FROM articles ORDER BY score DESC
----
SELECT * FROM articles WHERE MATCH(body) AGAINST(? WITH QUERY EXPANSION)
----
SELECT department, AVG(salary) OVER (PARTITION BY department) FROM staff
----
SELECT id, ROW_NUMBER() OVER (ORDER BY created_at) AS n FROM tickets
----
SELECT id, RANK() OVER w, DENSE_RANK() OVER w FROM scores WINDOW w AS (PARTITION BY game ORDER BY points DESC)
----
SELECT day, SUM(amount) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week FROM revenue
----
SELECT day, amount - LAG(amount, 1) OVER (ORDER BY day), LEAD(amount) OVER (ORDER BY day) FROM revenue
----
SELECT NTILE(4) OVER (ORDER BY total), FIRST_VALUE(total) OVER (ORDER BY id) FROM customers
----
SELECT PERCENT_RANK() OVER (ORDER BY x), CUME_DIST() OVER (ORDER BY x) FROM t
----
SELECT region, product, SUM(amount) FROM sales GROUP BY region, product WITH ROLLUP
----
SELECT region, COUNT(*) AS n FROM sales GROUP BY region HAVING n > 5 ORDER BY NULL
----
SELECT u.name, (SELECT COUNT(*) FROM posts p WHERE p.user_id = u.id) AS posts FROM users u
----
SELECT * FROM a NATURAL LEFT JOIN b
----
SELECT * FROM a CROSS JOIN b
----
SELECT * FROM a LEFT JOIN (b, c) ON a.id = b.a_id AND c.b_id = b.id
----
SELECT * FROM a RIGHT OUTER JOIN b USING (id)
----
SELECT * FROM orders USE INDEX (idx_customer) WHERE customer_id = 7
----
SELECT * FROM orders FORCE INDEX (PRIMARY) WHERE id > 100
----
SELECT * FROM orders IGNORE INDEX FOR ORDER BY (idx_a, idx_b) ORDER BY a
----
SELECT * FROM orders PARTITION (p0, p1) WHERE id < 10
----
SELECT id FROM a UNION SELECT id FROM b
----
SELECT id FROM a UNION ALL SELECT id FROM b ORDER BY id LIMIT 5
----
(SELECT id FROM a ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM b ORDER BY id LIMIT 1)
----
SELECT id FROM a INTERSECT SELECT id FROM b
----
SELECT id FROM a EXCEPT SELECT id FROM b
----
SELECT * FROM orders LIMIT 10, 20
----
SELECT 'It''s' 'continued', "double ""quoted""", 'say "hi"'
----
SELECT 'C:\\temp\\new', 'tab\there', 'line\nbreak', '100\% sure'
----
SELECT 'back\\slash at end\\', 'next; COMMIT'
----
SELECT name FROM files WHERE path LIKE 'C:\\\\temp%'
----
SELECT name FROM files WHERE name LIKE '%\_draft' OR name LIKE '50!%' ESCAPE '!'
----
SELECT * FROM logs WHERE line REGEXP '^\\s*COMMIT;' OR line RLIKE 'x|y' OR line NOT REGEXP '[;]'
----
SELECT REGEXP_REPLACE(phone, '[^0-9]', ''), REGEXP_SUBSTR(log, '[0-9]+ms') FROM contacts
----
SELECT SUBSTRING_INDEX(email, '@', -1) AS domain, COUNT(*) FROM users GROUP BY domain
----
SELECT SUBSTRING(code, 1, 3), LEFT(code, 2), RIGHT(code, 2), MID(code, 2, 2), LOCATE('x', code), INSTR(code, 'x') FROM t
----
SELECT CONCAT_WS(', ', last_name, first_name), UPPER(a), LOWER(b), TRIM(c), LTRIM(d), LPAD(e, 8, '0') FROM people
----
SELECT TRIM(LEADING '0' FROM code), TRIM(BOTH '"' FROM name), REVERSE(name), REPEAT('-', 10), SPACE(3) FROM t
----
SELECT GREATEST(a, b), LEAST(a, b), ABS(a), CEIL(a), FLOOR(a), ROUND(a, 2), TRUNCATE(a, 1), MOD(a, 3), POW(a, 2), SQRT(a), SIGN(a) FROM t
----
SELECT 1e10, 1.5E-3, .5, 5., 0x1F, X'4D7953514C', b'1010', N'national', _utf8mb4'text' COLLATE utf8mb4_bin
----
SELECT 5--1, 5 - -1, 5-- 1
----
SELECT 5 DIV 2, 5 % 2, 5 MOD 2, 5 & 3, 5 | 3, 5 ^ 3, ~5, 1 << 4, !0, 1 XOR 0, a <=> b, a <> b FROM t
----
SELECT a && b, a || b, NOT a, a IS NOT NULL, a IS TRUE FROM t
----
SELECT FIELD(status, 'new', 'open', 'done'), ELT(2, 'a', 'b'), FIND_IN_SET('b', 'a,b,c') FROM t
----
SELECT INET_ATON('10.0.0.1'), INET_NTOA(167772161), INET6_NTOA(addr), HEX(addr), UNHEX('4D') FROM hosts
----
SELECT BIN_TO_UUID(id), UUID_TO_BIN(UUID()) FROM t
----
SELECT CRC32('a'), SHA1('a'), COMPRESS('a'), TO_BASE64('a'), FROM_BASE64('YQ==')
----
SELECT ST_AsText(p), ST_Distance_Sphere(p, ST_GeomFromText('POINT(1 1)')), ST_X(p) FROM places
----
SELECT * FROM places WHERE ST_Contains(ST_GeomFromText('POLYGON((0 0,0 5,5 5,5 0,0 0))'), p)
----
SELECT STDDEV(x), VARIANCE(x), STD(x), VAR_SAMP(x), BIT_OR(flags) FROM samples
----
SELECT FORMAT(12345.678, 2), FORMAT(1, 2, 'de_DE')
----
SELECT table_name, table_rows FROM information_schema.tables WHERE table_schema = DATABASE()
----
SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'app' AND table_name = 'users' ORDER BY ordinal_position
----
SELECT constraint_name, column_name, referenced_table_name FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL
----
SELECT trx_id, trx_state FROM information_schema.innodb_trx
----
SELECT id, user, host, db, command, time, state, info FROM information_schema.processlist WHERE command <> 'Sleep'
----
SELECT user, host FROM mysql.user
----
SELECT schema_name FROM information_schema.schemata
----
SELECT index_name, seq_in_index FROM information_schema.statistics WHERE table_name = 'orders'
----
SELECT SUM(data_length + index_length) / 1024 / 1024 AS mb FROM information_schema.tables GROUP BY table_schema
----
SELECT (a, b) = (1, 2), ROW(1, 2) = ROW(1, 2) FROM t
----
SELECT * FROM t WHERE (a, b) IN ((1, 2), (3, 4))
----
SELECT * FROM t WHERE a = ANY (SELECT b FROM u) AND c >= ALL (SELECT d FROM v) AND e = SOME (SELECT f FROM w)
----
SELECT * FROM t WHERE a BETWEEN ? AND ? AND b NOT IN (?, ?) AND c SOUNDS LIKE 'x'
----
SELECT COUNT(DISTINCT a, b) FROM t
----
SELECT DISTINCTROW a FROM t
----
SELECT t.* FROM db1.t, db2.u WHERE t.id = u.t_id
----
SELECT 1 FROM DUAL
----
SELECT * FROM (SELECT 1 AS a UNION SELECT 2) AS x
----
SELECT VALUES_count, value FROM stats
----
SELECT ANY_VALUE(name), MAX(id) FROM t GROUP BY kind
----
SELECT * FROM t FOR SYSTEM_TIME AS OF TIMESTAMP '2024-01-01 00:00:00'
----
SELECT * FROM t FOR SYSTEM_TIME BETWEEN '2024-01-01' AND NOW()
----
VALUES (1, 2), (3, 4)
----
WITH recent AS (SELECT * FROM orders WHERE created_at > NOW() - INTERVAL 1 DAY) SELECT COUNT(*) FROM recent
----
WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT SUM(n) FROM t
----
WITH RECURSIVE cte (n, f) AS (SELECT 1, 1 UNION ALL SELECT n + 1, f * n FROM cte WHERE n < 10) SELECT * FROM cte
----
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a) SELECT * FROM a, b
----
WITH v (a, b) AS (SELECT 1, 2), w (c) AS (SELECT a FROM v) SELECT c FROM w
----
SHOW TABLES
----
SHOW FULL TABLES LIKE 'user%'
----
SHOW DATABASES
----
SHOW CREATE TABLE users
----
SHOW COLUMNS FROM users
----
SHOW FULL COLUMNS FROM `users` FROM `app`
----
SHOW INDEX FROM orders
----
SHOW KEYS FROM orders WHERE Key_name = 'PRIMARY'
----
SHOW VARIABLES LIKE 'autocommit'
----
SHOW SESSION VARIABLES WHERE Variable_name IN ('sql_mode', 'time_zone')
----
SHOW GLOBAL STATUS LIKE 'Threads%'
----
SHOW WARNINGS
----
SHOW ERRORS LIMIT 5
----
SHOW COUNT(*) WARNINGS
----
SHOW PROCESSLIST
----
SHOW ENGINE INNODB STATUS
----
SHOW GRANTS FOR CURRENT_USER
----
SHOW TRIGGERS
----
SHOW PROCEDURE STATUS WHERE Db = DATABASE()
----
SHOW CREATE PROCEDURE archive
----
SHOW TABLE STATUS LIKE 'orders'
----
SHOW MASTER STATUS
----
SHOW SLAVE STATUS
----
SHOW BINARY LOGS
----
SHOW CHARACTER SET
----
SHOW COLLATION WHERE Charset = 'utf8mb4'
----
SHOW OPEN TABLES
----
SHOW PLUGINS
----
EXPLAIN SELECT * FROM orders WHERE id = 1
----
EXPLAIN FORMAT=JSON SELECT COUNT(*) FROM orders
----
EXPLAIN EXTENDED SELECT a FROM t ORDER BY a
----
EXPLAIN PARTITIONS SELECT a FROM t
----
EXPLAIN UPDATE orders SET total = 0 WHERE id = 1
----
EXPLAIN DELETE FROM orders WHERE id = 1
----
DESCRIBE users
----
DESC users email
----
DESC `app`.`users`
----
HELP 'SELECT'
----
SELECT 1;
----
SELECT 1 ; -- trailing comment
----
SELECT 1 # hash comment; COMMIT
----
/* service=web,route=/orders */ SELECT * FROM orders WHERE id = ?
----
SELECT /*+ MAX_EXECUTION_TIME(1000) NO_INDEX_MERGE(t1) */ * FROM t1
----
SELECT a -- first; COMMIT
----
SELECT a /* comment; ROLLBACK */ FROM t
----
SELECT 'ünïcode', `größe`, 名前 FROM таблица
----
SELECT u.`name` AS 'display name', u.email AS "mail" FROM users u
----
SELECT COUNT(*) FROM users WHERE created_at >= DATE(NOW()) AND created_at < DATE(NOW()) + INTERVAL 1 DAY
----
SELECT WEEKDAY(d), DAYNAME(d), QUARTER(d), TO_DAYS(d), PERIOD_DIFF(202401, 202312) FROM t
----
SELECT MICROSECOND(at), SECOND(at), MINUTE(at), TIME_TO_SEC(at), SEC_TO_TIME(90), TIME_FORMAT(at, '%H') FROM t
----
SELECT country, SUM(IF(gender = 'f', 1, 0)) AS f, SUM(gender = 'm') AS m FROM people GROUP BY country
----
SELECT s.symbol, s.price FROM stocks s JOIN (SELECT symbol, MAX(at) AS at FROM stocks GROUP BY symbol) l ON l.symbol = s.symbol AND l.at = s.at
----
SELECT `django_session`.`session_data` FROM `django_session` WHERE (`django_session`.`expire_date` > '2024-01-01 00:00:00.000000' AND `django_session`.`session_key` = 'abc')
----
SELECT `accounts`.`id` AS t0_r0, `plans`.`id` AS t1_r0 FROM `accounts` LEFT OUTER JOIN `plans` ON `plans`.`account_id` = `accounts`.`id` WHERE `accounts`.`id` = 5
----
SELECT SUM(`invoices`.`amount`) FROM `invoices` WHERE `invoices`.`due` BETWEEN '2024-01-01' AND '2024-01-31'
----
SELECT q.* FROM (SELECT p.*, ROW_NUMBER() OVER (PARTITION BY p.kind ORDER BY p.id DESC) AS rn FROM products p) q WHERE q.rn <= 3
----
SELECT aggregate FROM (SELECT COUNT(*) AS aggregate FROM users WHERE users.deleted_at IS NULL) AS temp_table
----
SELECT * FROM `cache` WHERE `key` IN ('laravel_cache_a', 'laravel_cache_b')
----
SELECT option_value FROM wp_options WHERE option_name = 'siteurl' LIMIT 1
----
SELECT SQL_CALC_FOUND_ROWS wp_posts.ID FROM wp_posts WHERE 1=1 AND ((wp_posts.post_type = 'post' AND (wp_posts.post_status = 'publish'))) ORDER BY wp_posts.post_date DESC LIMIT 0, 10
----
SELECT t.*, tt.* FROM wp_terms AS t INNER JOIN wp_term_taxonomy AS tt ON t.term_id = tt.term_id WHERE tt.taxonomy IN ('category') ORDER BY t.name ASC
----
SELECT MIN(x), MAX(x), AVG(x), SUM(x), COUNT(x) FROM t WHERE x > -1.5e-3
----
SELECT ASCII('a'), CHAR(77, 121 USING utf8mb4), ORD('a'), BIT_LENGTH('a'), CHAR_LENGTH('a'), OCTET_LENGTH('a'), STRCMP('a', 'b')
----
SELECT a.id, b.id FROM duplicates a JOIN duplicates b ON a.email = b.email AND a.id < b.id
----
SELECT f.origin, f.destination, count(*) FROM flights f WHERE f.cancelled = 0 GROUP BY f.origin, f.destination ORDER BY 3 DESC LIMIT 20
----
SELECT category, name, price FROM products p WHERE price = (SELECT max(price) FROM products q WHERE q.category = p.category)
----
SELECT id, lower(trim(email)) AS email FROM subscribers WHERE email LIKE '%@%.%'
----
SELECT m.sender, m.body FROM messages m WHERE m.thread_id = 12 AND m.id > 345 ORDER BY m.id
----
SELECT account, sum(debit) - sum(credit) AS balance FROM ledger_lines GROUP BY account HAVING sum(debit) <> sum(credit)
----
SELECT l.lang, count(DISTINCT r.owner_id) FROM repositories r JOIN languages l ON l.repository_id = r.id GROUP BY l.lang
----
SELECT v.plate FROM vehicles v WHERE v.next_check < '2024-06-01' OR v.next_check IS NULL
----
SELECT s.name, s.commit_count, s.rollback_total FROM server_stats s WHERE s.begin_time < s.end_time
----
SELECT name FROM features WHERE enabled = 1 AND (audience = 'all' OR audience = 'beta; internal')
----
SELECT q.id, q.text, (SELECT count(*) FROM answers a WHERE a.question_id = q.id) AS answers FROM questions q ORDER BY answers DESC
----
SELECT i.number, i.total, coalesce(p.paid, 0) AS paid FROM invoices i LEFT JOIN (SELECT invoice_id, sum(amount) AS paid FROM payments GROUP BY invoice_id) p ON p.invoice_id = i.id WHERE i.total > coalesce(p.paid, 0)
----
SELECT host, round(avg(load1), 2) AS load1, max(mem_used) AS mem FROM samples GROUP BY host
----
SELECT c.code, c.name FROM countries c WHERE c.code IN (SELECT country FROM shipments GROUP BY country HAVING count(*) > 100)
----
SELECT g.name, count(m.user_id) AS members FROM groups_ g LEFT JOIN memberships m ON m.group_id = g.id GROUP BY g.name
----
SELECT path, sum(hits) AS hits FROM (SELECT path, hits FROM log_2023 UNION ALL SELECT path, hits FROM log_2024) AS logs GROUP BY path
----
SELECT x.id, x.label FROM nodes x JOIN edges e ON e.target = x.id WHERE e.source = 1 UNION SELECT y.id, y.label FROM nodes y WHERE y.pinned = 1
----
SELECT id, title, row_number() OVER (PARTITION BY list_id ORDER BY position) AS n FROM cards
----
SELECT store, month, total, total - lag(total) OVER (PARTITION BY store ORDER BY month) AS growth FROM monthly
----
SELECT replace(name, '''', '') AS plain, length(name) AS chars FROM artists
----
SELECT nullif(discount, 0) AS discount, price * (1 - coalesce(discount, 0) / 100.0) AS final FROM offers
----
SELECT t.name FROM tags t JOIN post_tags pt ON pt.tag_id = t.id WHERE pt.post_id = 9 ORDER BY t.name ASC
----
SELECT o.id, o.state, l.sku, l.qty FROM orders o INNER JOIN order_lines l ON l.order_id = o.id WHERE o.customer_id = 77 AND o.state NOT IN ('cancelled', 'returned')
----
SELECT 100 * sum(CASE WHEN status >= 500 THEN 1 ELSE 0 END) / count(*) AS error_percent FROM requests WHERE at > '2024-05-05'
----
SELECT zip, city FROM addresses WHERE zip BETWEEN '10000' AND '19999' ORDER BY zip DESC
----
SELECT team, sum(points) AS total, dense_rank() OVER (ORDER BY sum(points) DESC) AS pos FROM results GROUP BY team
----
SELECT word, count(*) AS n FROM (SELECT lower(word) AS word FROM words) AS w GROUP BY word HAVING count(*) > 1
----
SELECT b.id, b.starts, b.ends FROM bookings b WHERE b.starts < '2024-02-01' AND b.ends > '2024-01-01' AND b.room_id = 3
----
WITH ranked AS (SELECT id, kind, score, row_number() OVER (PARTITION BY kind ORDER BY score DESC) AS rn FROM candidates) SELECT id, kind, score FROM ranked WHERE rn = 1
----
WITH paid AS (SELECT order_id FROM payments WHERE ok = 1), sent AS (SELECT order_id FROM shipments) SELECT p.order_id FROM paid p LEFT JOIN sent s ON s.order_id = p.order_id WHERE s.order_id IS NULL
----
WITH RECURSIVE folders_up AS (SELECT id, parent_id, name FROM folders WHERE id = 42 UNION ALL SELECT f.id, f.parent_id, f.name FROM folders f JOIN folders_up u ON u.parent_id = f.id) SELECT name FROM folders_up
----
WITH funnel AS (SELECT user_id, max(CASE WHEN step = 'view' THEN 1 ELSE 0 END) AS v, max(CASE WHEN step = 'buy' THEN 1 ELSE 0 END) AS b FROM events GROUP BY user_id) SELECT sum(v), sum(b) FROM funnel
----
SELECT coalesce(nickname, first_name, 'stranger') FROM visitors WHERE id = 5
----
SELECT CASE WHEN age < 18 THEN 'minor' WHEN age < 65 THEN 'adult' ELSE 'senior' END AS bracket, count(*) FROM people GROUP BY 1
----
SELECT s.id FROM subscriptions s WHERE s.renews_on = CURRENT_DATE AND s.cancelled_at IS NULL
----
SELECT DISTINCT u.country FROM users u JOIN orders o ON o.user_id = u.id WHERE o.total >= 1000
----
SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM orders) AS orders, (SELECT sum(total) FROM orders) AS revenue
----
SELECT a.slug FROM articles a WHERE a.published = 1 ORDER BY a.published_at DESC LIMIT 10 OFFSET 30
==== writes
INSERT INTO users (email, name) VALUES (?, ?)
----
INSERT INTO `users` (`email`, `created_at`, `updated_at`) VALUES (?, ?, ?)
----
INSERT INTO `shop_order` (`customer_id`, `total`, `note`) VALUES (7, '12.50', 'it''s; fine')
----
INSERT INTO users SET email = 'a@example.com', name = 'A'
----
INSERT INTO logs () VALUES ()
----
INSERT INTO logs VALUES (DEFAULT, NULL, 'x')
----
INSERT INTO t (a) VALUE (1), (2)
----
INSERT IGNORE INTO tags (name) VALUES ('sql'), ('rust')
----
INSERT LOW_PRIORITY INTO logs (line) VALUES ('x')
----
INSERT HIGH_PRIORITY IGNORE INTO logs (line) VALUES ('x')
----
INSERT INTO counters (k, n) VALUES (?, 1) ON DUPLICATE KEY UPDATE n = n + VALUES(n)
----
INSERT INTO counters (k, n) VALUES ('a', 1) AS new ON DUPLICATE KEY UPDATE n = counters.n + new.n
----
INSERT INTO t (id, v) VALUES (1, 2) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), v = 3
----
INSERT INTO archive SELECT * FROM orders WHERE created_at < '2020-01-01'
----
INSERT INTO archive (id) SELECT id FROM a UNION SELECT id FROM b
----
INSERT INTO t SELECT * FROM u ON DUPLICATE KEY UPDATE t.a = u.a
----
INSERT INTO a (id) WITH c AS (SELECT 1 AS id) SELECT id FROM c
----
INSERT INTO items (name) VALUES ('x') RETURNING id, name
----
INSERT INTO events (payload) VALUES ('{"sql": "BEGIN; COMMIT;"}')
----
INSERT INTO events (payload) VALUES (JSON_OBJECT('a', 1, 'b', JSON_ARRAY(1, 2)))
----
INSERT INTO notes (body) VALUES ('line one\nline two; COMMIT', "tab\t")
----
INSERT INTO files (name) VALUES ('a;b'), ('c--d'), ('e/*f'), ('#g'), ('*/')
----
INSERT INTO blobs (b) VALUES (X'DEADBEEF'), (0xCAFE), (_binary'abc')
----
INSERT INTO audit.log (who, what) VALUES (CURRENT_USER(), 'login')
----
INSERT INTO places (p) VALUES (ST_GeomFromText('POINT(1 2)')), (POINT(1, 2))
----
INSERT INTO sessions (id, data) VALUES (UUID(), COMPRESS(?))
----
INSERT INTO seq_users (id) VALUES (NEXT VALUE FOR users_seq)
----
INSERT INTO `Order` (`begin`, `end`, `commit`) VALUES (1, 2, 3)
----
INSERT INTO `django_migrations` (`app`, `name`, `applied`) VALUES ('shop', '0001_initial', '2024-01-01 10:00:00.000000')
----
INSERT INTO orders PARTITION (p0) VALUES (1, 2)
----
INSERT INTO `cache` (`expiration`, `key`, `value`) VALUES (1, 'k', 's:3:"a;b";') ON DUPLICATE KEY UPDATE `expiration` = VALUES(`expiration`), `value` = VALUES(`value`)
----
INSERT INTO wp_options (option_name, option_value, autoload) VALUES ('cron', 'a:1:{i:0;s:6:"commit";}', 'yes')
----
REPLACE INTO settings (k, v) VALUES ('a', 'b')
----
REPLACE INTO settings SET k = 'a', v = 'b'
----
REPLACE INTO settings SELECT * FROM defaults
----
REPLACE LOW_PRIORITY INTO t VALUES (1)
----
REPLACE settings VALUES (1, 'x;y')
----
UPDATE users SET name = ? WHERE id = ?
----
UPDATE `users` SET `last_seen_at` = ?, `updated_at` = ? WHERE `users`.`id` = ?
----
UPDATE `auth_user` SET `last_login` = '2024-05-01 10:00:00.000000' WHERE `auth_user`.`id` = 1
----
UPDATE accounts SET balance = balance - 100.00 WHERE id = 1 AND balance >= 100
----
UPDATE orders o JOIN payments p ON p.order_id = o.id SET o.status = 'paid', p.seen = 1 WHERE p.ok
----
UPDATE orders, customers SET orders.region = customers.region WHERE orders.customer_id = customers.id
----
UPDATE LOW_PRIORITY IGNORE t SET a = a + 1 ORDER BY a DESC LIMIT 10
----
UPDATE profiles SET data = JSON_SET(data, '$.city', ?) WHERE id = ?
----
UPDATE profiles SET data = JSON_MERGE_PATCH(data, '{"seen": true}') WHERE data->>'$.role' = 'admin'
----
UPDATE posts SET views = views + 1, updated_at = NOW(6) WHERE slug = 'a-b'
----
UPDATE products SET price = ROUND(price * 1.05, 2) WHERE category = 'books'
----
UPDATE inventory SET qty = CASE sku WHEN 'a' THEN 1 WHEN 'b' THEN 2 ELSE qty END WHERE sku IN ('a', 'b')
----
UPDATE nodes SET path = REPLACE(path, '/old/', '/new/') WHERE path LIKE '/old/%'
----
UPDATE t SET a = DEFAULT, b = NULL, c = (SELECT MAX(x) FROM u)
----
UPDATE jobs SET reserved_at = UNIX_TIMESTAMP(), attempts = attempts + 1 WHERE id = 7
----
UPDATE t SET note = 'He said \"hi\"; COMMIT' WHERE id = 1
----
UPDATE t SET `commit` = 'abc', `rollback` = 0
----
UPDATE leases SET owner = ?, until = NOW() + INTERVAL ? SECOND WHERE name = ? AND (owner = ? OR until < NOW())
----
UPDATE a, (SELECT id, COUNT(*) AS n FROM b GROUP BY id) AS c SET a.n = c.n WHERE a.id = c.id
----
WITH c AS (SELECT id FROM u) UPDATE t JOIN c USING (id) SET t.flag = 1
----
WITH old AS (SELECT id FROM logs ORDER BY id LIMIT 100) DELETE FROM logs WHERE id IN (SELECT id FROM old)
----
DELETE FROM sessions WHERE expires_at < NOW()
----
DELETE FROM `sessions` WHERE `sessions`.`id` IN (?, ?)
----
DELETE FROM logs WHERE at < '2020-01-01' ORDER BY at LIMIT 1000
----
DELETE a FROM a JOIN b ON a.b_id = b.id WHERE b.gone
----
DELETE FROM a, b USING a INNER JOIN b ON a.id = b.id
----
DELETE a, b FROM a INNER JOIN b INNER JOIN c WHERE a.id = b.id AND b.id = c.id
----
DELETE LOW_PRIORITY QUICK IGNORE FROM t WHERE id = 1
----
DELETE FROM t
----
DELETE FROM t WHERE id = 1 RETURNING id, name
----
DELETE FROM t PARTITION (p0) WHERE a < 10
----
DELETE FROM history FOR PORTION OF p FROM '2024-01-01' TO '2024-02-01'
----
UPDATE history FOR PORTION OF p FROM '2024-01-01' TO '2024-02-01' SET v = 1
----
DELETE HISTORY FROM t BEFORE SYSTEM_TIME '2024-01-01'
----
/* app:web */ INSERT INTO visits (path) VALUES ('/')
----
# a hash comment; ROLLBACK
-- name: CreateUser :exec
INSERT INTO t VALUES (1, 'a', NULL, TRUE, 1.5e3, -7, 0x1F, b'1');
----
UPDATE users SET email = LOWER(email) WHERE email <> LOWER(email);
----
DELETE FROM users WHERE NOT EXISTS (SELECT 1 FROM logins WHERE logins.user_id = users.id);
----
INSERT INTO history SELECT NOW(), t.* FROM t WHERE (t.a, t.b) IN (SELECT a, b FROM changed)
----
INSERT INTO points VALUES (5--1, 5 - -1)
----
INSERT INTO t (a) SELECT a FROM u WHERE b = 'x' FOR UPDATE
----
INSERT INTO orders (id, placed) VALUES (?, FROM_UNIXTIME(?)) ON DUPLICATE KEY UPDATE placed = IF(VALUES(placed) > placed, VALUES(placed), placed)
----
INSERT INTO memberships (user_id, group_id) SELECT u.id, 4 FROM users u WHERE u.country = 'DE' AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = u.id AND m.group_id = 4)
----
INSERT INTO prices (sku, price) VALUES ('a-1', 9.99), ('a-2', 19.5), ('a-3', 0)
----
INSERT INTO daily (day, total) SELECT day, sum(amount) FROM sales GROUP BY day
----
INSERT INTO translations (lang, k, v) VALUES ('fr', 'end', 'fin'), ('fr', 'commit', 'engagement')
----
UPDATE tickets SET state = 'closed', closed_by = 7 WHERE state = 'open' AND priority = 1
----
UPDATE vehicles SET next_check = '2025-06-01' WHERE plate = 'B-XY 123'
----
UPDATE products SET stock = stock - 1 WHERE id = 5 AND stock > 0
----
UPDATE articles SET slug = lower(replace(title, ' ', '-')) WHERE slug IS NULL
----
UPDATE ledger_lines SET reconciled = 1 WHERE id IN (SELECT line_id FROM matches WHERE score > 0.9)
----
UPDATE cards SET position = position + 1 WHERE list_id = 3 AND position >= 2
----
UPDATE users SET failed_logins = 0, locked_until = NULL WHERE id = 12
----
UPDATE features SET audience = CASE WHEN audience = 'beta' THEN 'all' ELSE audience END
----
UPDATE devices SET last_seen = CURRENT_TIMESTAMP, ip = '10.0.0.7' WHERE serial = 'X;1'
----
UPDATE queue SET attempts = attempts + 1, last_error = 'timeout; rollback' WHERE id = 9
----
DELETE FROM carts WHERE updated_at < '2024-01-01' AND user_id IS NULL
----
DELETE FROM post_tags WHERE post_id = 9 AND tag_id NOT IN (1, 2, 3)
----
DELETE FROM notifications WHERE read_at IS NOT NULL
----
DELETE FROM tokens WHERE hash = 'abc' OR expires < CURRENT_TIMESTAMP
----
DELETE FROM edges WHERE source = 1 OR target = 1
----
DELETE FROM reservations WHERE EXISTS (SELECT 1 FROM cancellations c WHERE c.reservation_id = reservations.id)
==== other
SELECT * FROM jobs WHERE id = ? FOR UPDATE
----
SELECT * FROM jobs ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
----
SELECT * FROM accounts WHERE id IN (1, 2) ORDER BY id FOR UPDATE NOWAIT
----
SELECT * FROM accounts FOR UPDATE WAIT 5
----
SELECT * FROM parents LOCK IN SHARE MODE
----
SELECT * FROM parents FOR SHARE
----
SELECT `users`.* FROM `users` WHERE `users`.`id` = ? LIMIT 1 FOR UPDATE
----
SELECT * FROM `jobs` WHERE `queue` = 'default' AND ((`reserved_at` IS NULL AND `available_at` <= 1)) ORDER BY `id` ASC LIMIT 1 FOR UPDATE
----
SELECT GET_LOCK('job', 10)
----
SELECT RELEASE_LOCK('job')
----
SELECT IS_FREE_LOCK('job')
----
SELECT SLEEP(0.1)
----
SELECT BENCHMARK(10, MD5('a'))
----
SELECT LOAD_FILE('/tmp/a')
----
SELECT NEXTVAL(invoice_seq)
----
SELECT NEXT VALUE FOR invoice_seq
----
SELECT SETVAL(invoice_seq, 100)
----
SELECT app.charge(?, ?)
----
SELECT my_function(1, 'x')
----
SELECT @rank := @rank + 1 AS rank, name FROM scores, (SELECT @rank := 0) AS init
----
SELECT @total := SUM(total) FROM orders
----
SELECT MAX(id) INTO @last FROM orders
----
SELECT id, name FROM t LIMIT 1 INTO @a, @b
----
SELECT * FROM orders INTO OUTFILE '/tmp/orders.csv' FIELDS TERMINATED BY ',' ENCLOSED BY '"' LINES TERMINATED BY '\n'
----
SELECT body INTO DUMPFILE '/tmp/x' FROM blobs LIMIT 1
----
SELECT COUNT (*) FROM t
----
SELECT * FROM t PROCEDURE ANALYSE(10, 2000)
----
CREATE TEMPORARY TABLE scratch (id INT PRIMARY KEY, name VARCHAR(20))
----
CREATE TEMPORARY TABLE IF NOT EXISTS scratch LIKE orders
----
CREATE OR REPLACE TEMPORARY TABLE scratch (id INT) ENGINE=MEMORY
----
CREATE TEMPORARY TABLE top AS SELECT customer_id, SUM(total) AS s FROM orders GROUP BY 1 ORDER BY s DESC LIMIT 10
----
CREATE TEMPORARY TABLE a SELECT * FROM b
----
CREATE TEMPORARY TABLE t (a INT, b INT AS (a * 2) VIRTUAL, KEY (a), CHECK (a > 0)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='x; COMMIT'
----
CREATE TEMPORARY TABLE `commit` (`begin` DATETIME, `end` DATETIME)
----
DROP TEMPORARY TABLE scratch
----
DROP TEMPORARY TABLE IF EXISTS scratch, top
----
drop temporary tables if exists a
----
SET @a = 1
----
SET @a := 1, @b := @a + 1
----
SET @id = LAST_INSERT_ID()
----
SET @x = (SELECT MAX(id) FROM orders)
----
SET @json = '{"a": 1, "sql": "commit; rollback"}'
----
SET @autocommit = 0
----
SET @commit = 'autocommit = 0', @b = 2
----
SET @old_autocommit = @@autocommit
----
SET @OLD_SQL_MODE = @@SQL_MODE, SQL_MODE = 'NO_AUTO_VALUE_ON_ZERO'
----
SET @OLD_FOREIGN_KEY_CHECKS = @@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS = 0
----
SET FOREIGN_KEY_CHECKS = 0
----
SET foreign_key_checks = @OLD_FOREIGN_KEY_CHECKS
----
SET UNIQUE_CHECKS=0
----
SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'
----
SET sql_mode = CONCAT(@@sql_mode, ',ONLY_FULL_GROUP_BY')
----
SET SESSION wait_timeout = 28800
----
SET @@session.group_concat_max_len = 100000
----
SET @@group_concat_max_len = 100000
----
SET LOCAL sort_buffer_size = 1048576
----
SET SESSION max_statement_time = 10
----
SET max_execution_time = 1000
----
SET innodb_lock_wait_timeout = 5
----
SET time_zone = '+00:00'
----
SET SESSION time_zone = 'SYSTEM', SESSION sql_safe_updates = 1
----
SET TIMESTAMP = 1700000000
----
SET INSERT_ID = 5
----
SET LAST_INSERT_ID = 7
----
SET sql_log_bin = 0
----
SET NAMES utf8mb4
----
SET NAMES 'utf8mb4' COLLATE 'utf8mb4_unicode_ci'
----
SET NAMES utf8
----
SET CHARACTER SET utf8mb4
----
SET CHARSET utf8mb4
----
SET GLOBAL slow_query_log = 'ON'
----
SET GLOBAL max_connections = 200, GLOBAL wait_timeout = 60
----
SET @@GLOBAL.long_query_time = 1
----
SET GLOBAL autocommit = 1
----
SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED
----
SET PERSIST max_connections = 300
----
SET PERSIST_ONLY back_log = 100
----
SET ROLE reader
----
SET ROLE NONE
----
SET collation_connection = utf8mb4_unicode_ci
----
SET lc_time_names = 'de_DE'
----
SET optimizer_switch = 'mrr=on,index_merge=off'
----
SET profiling = 1
----
SET default_storage_engine = InnoDB
----
SET @p = 'it''s', @q = "x ""y"" z", @r = `col`
----
PREPARE stmt FROM 'SELECT * FROM t WHERE id = ?'
----
PREPARE stmt FROM @sql
----
DEALLOCATE PREPARE stmt
----
USE app
----
USE `my-app`
----
HANDLER t OPEN
----
HANDLER t READ FIRST WHERE a > 1 LIMIT 10
----
HANDLER t CLOSE
----
CHECKSUM TABLE orders
----
GET DIAGNOSTICS @n = ROW_COUNT
----
GET DIAGNOSTICS CONDITION 1 @p1 = RETURNED_SQLSTATE, @p2 = MESSAGE_TEXT
----
LOAD DATA INFILE '/tmp/x.csv' INTO TABLE t FIELDS TERMINATED BY ';' LINES TERMINATED BY '\n' IGNORE 1 LINES (a, b, @c) SET c = NULLIF(@c, '')
----
LOAD DATA LOCAL INFILE 'x.csv' REPLACE INTO TABLE t
----
LOAD XML INFILE '/tmp/x.xml' INTO TABLE t ROWS IDENTIFIED BY '<row>'
----
ANALYZE SELECT * FROM orders
----
ANALYZE FORMAT=JSON SELECT COUNT(*) FROM orders JOIN order_lines USING (id)
----
ANALYZE UPDATE orders SET total = 0 WHERE id = 1
----
ANALYZE DELETE FROM orders WHERE id = 1
----
EXPLAIN ANALYZE SELECT * FROM orders
----
EXPLAIN ANALYZE FORMAT=TREE SELECT 1
----
EXPLAIN SELECT app.charge(1)
----
EXPLAIN INSERT INTO t (a, b) VALUES (1, 2)
==== any
CALL refresh_totals()
----
CALL app.archive(?, @out)
----
CALL transfer(1, 2, 10.5); SELECT @out
----
DO 1
----
DO SLEEP(0)
----
DO GET_LOCK('a', 1), RELEASE_LOCK('a')
----
PREPARE s FROM 'SELECT ? + ?'; SET @a = 1, @b = 2; EXECUTE s USING @a, @b; DEALLOCATE PREPARE s
----
EXECUTE s
----
EXECUTE s USING @a, @b
----
EXECUTE IMMEDIATE 'SELECT 1'
----
EXECUTE IMMEDIATE 'UPDATE t SET a = ?' USING 1
----
BEGIN NOT ATOMIC DECLARE x INT DEFAULT 1; INSERT INTO t VALUES (x); END
----
BEGIN NOT ATOMIC
    DECLARE done INT DEFAULT 0;
    WHILE done < 3 DO
        INSERT INTO t VALUES (done);
        SET done = done + 1;
    END WHILE;
END
----
IF (SELECT COUNT(*) FROM t) > 0 THEN DELETE FROM t; END IF
----
WHILE @i < 3 DO SET @i = @i + 1; END WHILE
----
FOR i IN 1..3 DO INSERT INTO t VALUES (i); END FOR
----
SET STATEMENT max_statement_time = 1 FOR SELECT * FROM big
----
SET STATEMENT sort_buffer_size = 100000, join_buffer_size = 100000 FOR UPDATE t SET a = 1
----
SET DEFAULT ROLE reader FOR CURRENT_USER
----
SET RESOURCE GROUP rg
----
SET NAMES latin1
----
SET CHARACTER SET 'latin1'
----
SET NAMES DEFAULT
----
SET character_set_client = utf8mb4, character_set_results = utf8mb4
----
/*!40101 SET NAMES utf8 */
----
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */
----
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */
----
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
----
SELECT /*!40001 SQL_NO_CACHE */ * FROM orders
----
SELECT /*!50000 1 + */ 1
----
SELECT 1 /*M!100100 + 1 */
----
SELECT /*!80000 1 */ 1
----
INSERT /*!40000 DELAYED */ INTO t VALUES (1)
----
INSERT INTO t VALUES (1) /*!50100 , (2) */
----
SELECT 1; SELECT 2
----
SELECT 1; -- one
SELECT 2; /* two; COMMIT */
SELECT 'three; COMMIT'; # four; COMMIT
----
INSERT INTO a VALUES (1); INSERT INTO b VALUES (LAST_INSERT_ID())
----
INSERT INTO a (x) VALUES (1);
SET @id = LAST_INSERT_ID();
INSERT INTO b (a_id) VALUES (@id);
----
UPDATE a SET v = v + 1 WHERE id = 1;
UPDATE b SET v = v - 1 WHERE id = 1;
SELECT v FROM a WHERE id = 1;
----
CREATE TEMPORARY TABLE ids (id INT);
INSERT INTO ids SELECT id FROM orders WHERE total = 0;
DELETE orders FROM orders JOIN ids USING (id);
DROP TEMPORARY TABLE ids;
----
DROP TEMPORARY TABLE IF EXISTS t; CREATE TEMPORARY TABLE t AS SELECT 1 AS a; SELECT * FROM t
----
SET FOREIGN_KEY_CHECKS = 0;
DELETE FROM a;
DELETE FROM b;
SET FOREIGN_KEY_CHECKS = 1;
----
SET @sql = CONCAT('SELECT * FROM ', 't'); PREPARE s FROM @sql; EXECUTE s
----
DELETE FROM a WHERE id = 1; DELETE FROM b WHERE a_id = 1
----
USE app; SELECT 1
----
-- only a comment; COMMIT
----
# only a comment; COMMIT
----
/* nothing here; ROLLBACK */
----
;
----
SELECT 'it\'s', "say \"hi\""; SELECT 2
----
SELECT 'it\'s; COMMIT'
----
INSERT INTO notes (body) VALUES ('Don\'t ROLLBACK; just leave.')
----
UPDATE t SET note = 'ends with a backslash\\' WHERE id = 1
----
SELECT 'C:\'
----
WITH RECURSIVE reports AS (
    SELECT id, manager_id, name, CAST(id AS CHAR(200)) AS path
    FROM staff
    WHERE manager_id IS NULL
    UNION ALL
    SELECT s.id, s.manager_id, s.name, CONCAT(r.path, ',', s.id)
    FROM staff s
    JOIN reports r ON r.id = s.manager_id
)
SELECT path, name -- who; where
FROM reports
ORDER BY path
----
SELECT
    DATE_FORMAT(paid_at, '%Y-%m') AS month,
    SUM(total) AS revenue,
    SUM(SUM(total)) OVER (ORDER BY DATE_FORMAT(paid_at, '%Y-%m')) AS running
FROM invoices
WHERE status = 'paid' # not 'open; begin'
GROUP BY month
----
SELECT c.name, COUNT(o.id) AS orders, COALESCE(SUM(o.total), 0) AS total
FROM customers c
    LEFT JOIN orders o ON o.customer_id = c.id AND o.status <> 'cancelled; rollback'
GROUP BY c.id, c.name
HAVING total > 100
ORDER BY total DESC
LIMIT 10
----
INSERT INTO templates (name, body) VALUES
    ('welcome', 'Hello {{name}};
Please COMMIT to this.'),
    ('bye', "Do not ROLLBACK; just leave.");
----
SELECT * FROM `weird``name;` WHERE `a"b` = 'c`d' AND "e'f" <> 'g"h'
----
SELECT (SELECT 1), (SELECT (SELECT 2)); SELECT ((3))
----
KILL QUERY 12345
----
KILL 12345
----
SHOW TABLES; SHOW WARNINGS
----
SELECT SQL_CALC_FOUND_ROWS * FROM t LIMIT 1; SELECT FOUND_ROWS()
----
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no; COMMIT'
----
PURGE BINARY LOGS BEFORE '2024-01-01'
----
EXPLAIN FOR CONNECTION 5
----
SHOW EXPLAIN FOR 5
----
TABLE settings
----
TABLE settings ORDER BY k LIMIT 5
----
VALUES ROW(1, 2), ROW(3, 4)
----
SELECT a FROM t WHERE b = ? AND c = '{"k": "v;"}'; SELECT COUNT(*) FROM t
----
SELECT * FROM t1, LATERAL (SELECT * FROM t2 WHERE t2.a = t1.a) AS d
----
REPLACE INTO a VALUES (1); REPLACE INTO b VALUES (2);
----
LOAD DATA INFILE '/tmp/a.csv' INTO TABLE a; LOAD DATA INFILE '/tmp/b.csv' INTO TABLE b
----
CREATE TEMPORARY TABLE t1 (id INT); CREATE TEMPORARY TABLE t2 LIKE t1; INSERT INTO t2 SELECT * FROM t1
