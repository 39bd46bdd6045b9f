==== reads
SELECT 1
----
SELECT 1 AS "healthy?"
----
select id, email from users where id = ?
----
SELECT "users".* FROM "users" WHERE "users"."id" = ? LIMIT ?
----
SELECT "posts".* FROM "posts" INNER JOIN "users" ON "users"."id" = "posts"."author_id" WHERE "users"."active" = 1 ORDER BY "posts"."published_at" DESC LIMIT 20 OFFSET 40
----
SELECT COUNT(*) FROM "comments" WHERE "comments"."post_id" IN (?1, ?2, ?3)
----
SELECT 1 AS one FROM "users" WHERE LOWER("users"."email") = LOWER(?) LIMIT 1
----
SELECT "auth_user"."id", "auth_user"."password" FROM "auth_user" WHERE "auth_user"."username" = 'o''brien' ORDER BY "auth_user"."id" ASC LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "shop_order" WHERE ("shop_order"."status" = 'open' AND NOT ("shop_order"."total" > 100.50))
----
SELECT DISTINCT "shop_order"."customer_id" FROM "shop_order" WHERE "shop_order"."created" >= '2024-01-01 00:00:00'
----
SELECT EXISTS(SELECT 1 FROM invitations WHERE token = :token AND used_at IS NULL)
----
SELECT u0."id", u0."name" FROM "users" AS u0 WHERE (u0."id" IN (?,?,?))
----
SELECT t1.id AS t1_id FROM tag AS t1 WHERE t1.name LIKE '%rust%' ESCAPE '\'
----
SELECT anon_1.total FROM (SELECT sum(line.qty * line.price) AS total FROM line GROUP BY line.order_id) AS anon_1
----
SELECT `main`.`User`.`id`, `main`.`User`.`email` FROM `main`.`User` WHERE (`main`.`User`.`email` = ? AND 1=1) LIMIT ? OFFSET ?
----
SELECT * FROM accounts
----
SELECT name, CAST(balance AS REAL), CAST(id AS TEXT) FROM accounts ORDER BY balance DESC NULLS LAST
----
SELECT datetime('now'), date('now', 'start of month', '+1 month', '-1 day'), time('12:00', 'localtime')
----
SELECT strftime('%Y-%m', created_at) AS month, count(*) FROM orders GROUP BY 1 ORDER BY 1
----
SELECT julianday('now') - julianday(created_at) FROM sessions
----
SELECT unixepoch('now'), unixepoch(created_at, 'utc') FROM t
----
SELECT CURRENT_TIMESTAMP, CURRENT_DATE, CURRENT_TIME
----
SELECT random(), abs(random()) % 100, randomblob(16), hex(randomblob(8))
----
SELECT sqlite_version(), sqlite_source_id()
----
SELECT last_insert_rowid(), changes(), total_changes()
----
SELECT typeof(a), quote(b), length(c), hex(d), unicode('a'), char(65, 66), zeroblob(4) FROM t
----
SELECT upper(a), lower(b), trim(c), ltrim(d, '0'), rtrim(e), replace(f, 'x', 'y'), substr(g, 1, 3), instr(h, 'q') FROM t
----
SELECT coalesce(a, b, 0), ifnull(a, 0), nullif(a, b), iif(a > b, 'x', 'y') FROM t
----
SELECT max(a, b), min(a, b), round(a, 2), abs(b) FROM t
----
SELECT printf('%05d', id), format('%s <%s>', name, email) FROM users
----
SELECT group_concat(name, ', '), group_concat(DISTINCT tag), total(x), avg(x), sum(x) FROM tags
----
SELECT glob('*.rs', name), like('a%', name), name GLOB '[a-z]*' FROM files
----
SELECT likely(a = 1), unlikely(b = 2), likelihood(c, 0.5) FROM t
----
SELECT json_extract(data, '$.address.city') FROM profiles
----
SELECT data -> '$.name', data ->> '$.name', data ->> 'name' FROM profiles
----
SELECT json_object('id', id, 'tags', json_array('a', 'b')) FROM posts
----
SELECT json_group_array(name), json_group_object(k, v) FROM settings
----
SELECT json_set(data, '$.a', 1), json_remove(data, '$.b'), json_type(data), json_valid(data), json_array_length(data, '$.items') FROM profiles
----
SELECT value ->> 'sku' FROM orders, json_each(orders.doc, '$.lines')
----
SELECT key, value, fullkey FROM json_tree('{"a": [1, 2]}') WHERE atom IS NOT NULL
----
SELECT json(data), json_patch(data, '{"x": null}'), json_quote('a') FROM profiles
----
SELECT * FROM docs WHERE docs MATCH 'rust NOT go'
----
SELECT title, bm25(docs) AS rank FROM docs WHERE docs MATCH ? ORDER BY rank
----
SELECT highlight(docs, 1, '<b>', '</b>'), snippet(docs, 1, '[', ']', '...', 10) FROM docs WHERE body MATCH 'database*'
----
SELECT department, avg(salary) OVER (PARTITION BY department) FROM staff
----
SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM tickets
----
SELECT id, rank() OVER w, dense_rank() OVER w FROM scores WINDOW w AS (PARTITION BY game ORDER BY points DESC)
----
SELECT day, sum(amount) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week FROM revenue
----
SELECT day, sum(amount) FILTER (WHERE amount > 0) OVER (ORDER BY day GROUPS 2 PRECEDING EXCLUDE TIES) FROM revenue
----
SELECT day, amount - lag(amount) OVER (ORDER BY day), lead(amount, 1, 0) OVER (ORDER BY day) FROM revenue
----
SELECT ntile(4) OVER (ORDER BY total), first_value(total) OVER (ORDER BY id), nth_value(total, 2) OVER (ORDER BY id) FROM customers
----
SELECT count(*) FILTER (WHERE status = 'paid') AS paid FROM invoices
----
SELECT region, count(*) AS n FROM sales GROUP BY region HAVING n > 5
----
SELECT u.name, (SELECT count(*) FROM posts p WHERE p.user_id = u.id) AS posts FROM users u
----
SELECT * FROM a NATURAL JOIN b
----
SELECT * FROM a CROSS JOIN b
----
SELECT * FROM a LEFT OUTER JOIN b USING (id)
----
SELECT * FROM a FULL JOIN b ON a.id = b.id
----
SELECT * FROM orders INDEXED BY idx_customer WHERE customer_id = 7
----
SELECT * FROM orders NOT INDEXED WHERE id > 100
----
SELECT id FROM a UNION SELECT id FROM b
----
SELECT id FROM a UNION ALL SELECT id FROM b ORDER BY id LIMIT 5
----
SELECT id FROM a INTERSECT SELECT id FROM b EXCEPT SELECT id FROM c
----
SELECT * FROM orders LIMIT 10, 20
----
SELECT * FROM (VALUES (1, 'one'), (2, 'two'))
----
VALUES (1, 'a'), (2, 'b')
----
VALUES (date('now'), ?)
----
SELECT 'It''s' || ' ' || 'quoted'
----
SELECT "weird ""name""; DROP" FROM "table-with-dash"
----
SELECT [odd name; COMMIT], [select] FROM [table; ROLLBACK]
----
SELECT `back``tick;` FROM `t;`
----
SELECT 'commit; rollback' FROM t WHERE a = 'begin; end'
----
SELECT 'C:\temp\new' AS path, 'ends with \' AS x, 'and; COMMIT' AS y
----
SELECT name FROM files WHERE path LIKE 'C:\\temp\\%'
----
SELECT x'53514C697465', X'00ff', 1e10, 1.5E-3, .5, 5., 0x1F
----
SELECT -1 - -1, 5 - (-1), 5 % 2, 5 & 3, 5 | 3, ~5, 1 << 4
----
SELECT a <> b, a != b, a == b, a IS b, a IS NOT b, a IS NOT DISTINCT FROM b, NOT a FROM t
----
SELECT a ISNULL, b NOTNULL, c NOT NULL, d BETWEEN 1 AND 2, e NOT IN (1, 2), f IN t2 FROM t
----
SELECT CASE WHEN total > 100 THEN 'big' WHEN total > 10 THEN 'mid' ELSE 'small' END FROM orders
----
SELECT CASE status WHEN 1 THEN 'new' WHEN 2 THEN 'done' END AS "end" FROM jobs
----
SELECT begin_at, end_at, commit_sha, rollback_count FROM deployments
----
SELECT commits.sha, c."begin", c."end" FROM commits JOIN calendar c ON c.id = commits.calendar_id
----
SELECT savepoint, release FROM game_saves
----
SELECT "commit" FROM builds WHERE "abort" IS NULL
----
SELECT (a, b) = (1, 2), (SELECT 1, 2) = (1, 2) FROM t
----
SELECT * FROM t WHERE (a, b) IN (VALUES (1, 2), (3, 4))
----
SELECT name COLLATE NOCASE FROM users ORDER BY name COLLATE BINARY
----
SELECT rowid, oid, _rowid_, * FROM t
----
SELECT t.*, u.name FROM main.t AS t, temp.u AS u WHERE t.id = u.t_id
----
SELECT DISTINCT a, b FROM t
----
SELECT ALL a FROM t
----
SELECT * FROM t WHERE name = @name AND age > $age AND id = ?1 AND x = :x
----
SELECT * FROM t WHERE name REGEXP '^a.*;$'
----
SELECT max(id) + 1 FROM t
----
SELECT sin(x), cos(x), sqrt(x), pow(x, 2), ln(x), exp(x), ceil(x), floor(x), pi(), degrees(x), mod(x, 3), sign(x), trunc(x) FROM t
----
SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
----
SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?
----
SELECT seq FROM sqlite_sequence WHERE name = 'orders'
----
SELECT * FROM sqlite_temp_master
----
SELECT count(*) FROM sqlite_stat1
----
SELECT raise_count, "raise" FROM t
----
SELECT 'ünïcode', "größe", 名前 FROM таблица
----
SELECT 1;
----
SELECT 1 ;  -- trailing comment
----
/* service=web,route=/orders */ SELECT * FROM orders WHERE id = ?
----
SELECT a -- first; COMMIT
----
SELECT a /* comment; ROLLBACK */ FROM t
----
WITH recent AS (SELECT * FROM orders WHERE created_at > datetime('now', '-1 day')) SELECT count(*) FROM recent
----
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a) SELECT * FROM a, b
----
WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT sum(n) FROM t
----
WITH RECURSIVE tree AS (SELECT id, parent_id, 0 AS depth FROM nodes WHERE parent_id IS NULL UNION ALL SELECT n.id, n.parent_id, depth + 1 FROM nodes n JOIN tree ON tree.id = n.parent_id ORDER BY 3 DESC) SELECT * FROM tree
----
WITH x AS MATERIALIZED (SELECT * FROM big), y AS NOT MATERIALIZED (SELECT * FROM small) SELECT * FROM x JOIN y USING (id)
----
WITH v (a, b) AS (VALUES (1, 2)), w (c) AS (SELECT a FROM v) SELECT c FROM w
----
WITH t(a) AS (SELECT 1) VALUES (2)
----
EXPLAIN SELECT * FROM orders
----
EXPLAIN QUERY PLAN SELECT * FROM orders WHERE customer_id = 1
----
EXPLAIN QUERY PLAN UPDATE orders SET total = 0
----
EXPLAIN DELETE FROM orders
----
EXPLAIN COMMIT
----
PRAGMA table_info(users)
----
PRAGMA table_info('users')
----
PRAGMA table_xinfo("users")
----
PRAGMA main.table_info(users)
----
PRAGMA index_list(users)
----
PRAGMA index_info('idx_users_email')
----
PRAGMA index_xinfo(idx_users_email)
----
PRAGMA foreign_key_list(orders)
----
PRAGMA foreign_key_check
----
PRAGMA foreign_key_check(orders)
----
PRAGMA table_list
----
PRAGMA database_list
----
PRAGMA collation_list
----
PRAGMA compile_options
----
PRAGMA function_list
----
PRAGMA integrity_check
----
PRAGMA integrity_check(10)
----
PRAGMA quick_check
----
PRAGMA page_count
----
PRAGMA freelist_count
----
PRAGMA data_version
----
PRAGMA user_version
----
PRAGMA application_id
----
PRAGMA foreign_keys
----
PRAGMA journal_mode
----
PRAGMA synchronous
----
PRAGMA busy_timeout
----
PRAGMA cache_size
----
PRAGMA encoding
----
PRAGMA page_size
----
PRAGMA auto_vacuum
----
PRAGMA query_only
----
PRAGMA read_uncommitted
----
PRAGMA temp.table_info(scratch)
----
SELECT country, sum(CASE WHEN gender = 'f' THEN 1 ELSE 0 END) AS f FROM people GROUP BY country
----
SELECT q.* FROM (SELECT p.*, row_number() OVER (PARTITION BY p.kind ORDER BY p.id DESC) AS rn FROM products p) q WHERE q.rn <= 3
----
SELECT "accounts"."id" AS t0_r0, "plans"."id" AS t1_r0 FROM "accounts" LEFT OUTER JOIN "plans" ON "plans"."account_id" = "accounts"."id" WHERE "accounts"."id" = 5
----
SELECT SUM("invoices"."amount") FROM "invoices" WHERE "invoices"."due" BETWEEN '2024-01-01' AND '2024-01-31'
----
SELECT MAX("versions"."number") FROM "versions"
----
SELECT users.id, count(posts.id) AS post_count FROM users LEFT OUTER JOIN posts ON users.id = posts.user_id GROUP BY users.id HAVING count(posts.id) >= 5
----
SELECT * FROM t WHERE a > (SELECT avg(a) FROM t) AND EXISTS (SELECT * FROM u WHERE u.t_id = t.id)
----
SELECT substr(email, instr(email, '@') + 1) AS domain, count(*) FROM users GROUP BY domain ORDER BY 2 DESC
----
SELECT * FROM orders ORDER BY CASE status WHEN 'new' THEN 0 ELSE 1 END, id
----
SELECT sum(x) OVER (ORDER BY y RANGE BETWEEN 5 PRECEDING AND 5 FOLLOWING) FROM samples
----
SELECT * FROM rtree_index WHERE minX >= -81.08 AND maxX <= -80.58
----
SELECT nanos / 1000000000, nanos % 1000000000 FROM clock
----
SELECT s.symbol, s.price FROM stocks s JOIN (SELECT symbol, max(at) AS at FROM stocks GROUP BY symbol) l USING (symbol, at)
----
SELECT soundex(name), total(amount) FROM t GROUP BY 1
----
SELECT value FROM json_each('[1, 2, 3]')
----
SELECT je.value FROM posts p JOIN json_each(p.tags) je WHERE p.id = 1
----
SELECT "a;b", 'c--d', 'e/*f', '*/' FROM t
----
SELECT NULL, TRUE, FALSE, 1 IS TRUE
----
SELECT 10 / 4, 10 / 4.0, '10' + 5, 'a' || 1
----
SELECT "t"."id", "t"."name" COLLATE NOCASE AS "name" FROM "tasks" AS "t" WHERE ("t"."done" = 0 OR "t"."done" IS NULL)
----
SELECT bundle, sum(bytes) FILTER (WHERE kind = 'js') AS js, sum(bytes) FILTER (WHERE kind = 'css') AS css FROM assets GROUP BY bundle
----
SELECT date(at, 'weekday 0', '-6 days') AS week, count(*) FROM commits GROUP BY week
----
SELECT json_group_array(json_object('id', id, 'name', name)) FROM (SELECT id, name FROM users ORDER BY name)
----
SELECT name FROM contacts WHERE name LIKE ?1 || '%' OR phone LIKE ?1 || '%' LIMIT 8
----
SELECT t.id, je.key, je.value FROM things t, json_each(t.props) AS je WHERE je.key = 'color;hue'
----
SELECT note.id FROM note LEFT JOIN note_fts ON note_fts.rowid = note.id WHERE note_fts MATCH 'body: commit AND title: release'
----
SELECT CAST(strftime('%w', day) AS INTEGER) AS dow, avg(total) FROM sales GROUP BY dow
----
SELECT max(version) FROM _sqlx_migrations WHERE success = true
----
SELECT group_concat(line, char(10)) FROM (SELECT line FROM poem ORDER BY n)
----
SELECT b.title, a.name FROM books b JOIN authors a ON a.id = b.author_id WHERE b.isbn = '978-3-16-148410-0'
----
SELECT room, count(*) AS guests FROM reservations WHERE arrival <= '2024-07-01' AND departure > '2024-07-01' GROUP BY room
----
SELECT p.name, p.stock - coalesce(sum(r.qty), 0) AS available FROM products p LEFT JOIN reservations r ON r.product_id = p.id GROUP BY p.id, p.name, p.stock
----
SELECT w.id FROM warehouses w WHERE NOT EXISTS (SELECT 1 FROM shipments s WHERE s.warehouse_id = w.id AND s.sent_at IS NULL)
----
SELECT e1.name AS employee, e2.name AS manager FROM employees e1 LEFT JOIN employees e2 ON e2.id = e1.manager_id ORDER BY e2.name, e1.name
----
SELECT course, avg(grade) AS mean, min(grade) AS worst, max(grade) AS best FROM exams GROUP BY course HAVING count(*) >= 10 ORDER BY mean DESC
----
SELECT t.id FROM tickets t WHERE t.state IN ('new', 'open') AND t.priority > 2 ORDER BY t.priority DESC, t.created_at LIMIT 50
----
SELECT channel, sum(CASE WHEN opened = 1 THEN 1 ELSE 0 END) * 100.0 / count(*) AS open_rate FROM mails GROUP BY channel
----
SELECT d.day, coalesce(s.total, 0) AS total FROM days d LEFT JOIN (SELECT day, sum(amount) AS total FROM sales GROUP BY day) s ON s.day = d.day ORDER BY d.day
----
SELECT sensor_id, at, value, avg(value) OVER (PARTITION BY sensor_id ORDER BY at ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) AS smooth FROM readings
----
SELECT player, points, rank() OVER (ORDER BY points DESC) AS place FROM leaderboard
----
SELECT user_id, min(at) AS first_seen, max(at) AS last_seen, count(*) AS visits FROM visits GROUP BY user_id
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
INSERT INTO users (email, name) VALUES (?1, ?2) RETURNING id
----
INSERT INTO "users" ("email", "created_at", "updated_at") VALUES (?, ?, ?) RETURNING "id"
----
INSERT INTO "shop_order" ("customer_id", "total", "note") VALUES (7, '12.50', 'it''s; fine') RETURNING "shop_order"."id"
----
INSERT INTO logs DEFAULT VALUES
----
INSERT INTO t VALUES (1, 'a', NULL, TRUE, 1.5e3, -7, x'ff')
----
INSERT INTO tags (name) VALUES ('sql'), ('rust') ON CONFLICT DO NOTHING
----
INSERT INTO counters (k, n) VALUES (?, 1) ON CONFLICT (k) DO UPDATE SET n = n + excluded.n
----
INSERT INTO counters (k, n) VALUES ('a', 1) ON CONFLICT (k) WHERE n > 0 DO UPDATE SET n = excluded.n WHERE n <> excluded.n ON CONFLICT DO NOTHING
----
INSERT OR IGNORE INTO tags (name) VALUES ('sql')
----
INSERT OR REPLACE INTO settings (k, v) VALUES ('a', 'b;c')
----
INSERT OR ABORT INTO t VALUES (1)
----
INSERT OR FAIL INTO t VALUES (1)
----
REPLACE INTO settings (k, v) VALUES ('a', 'b')
----
REPLACE INTO settings SELECT * FROM defaults
----
INSERT INTO archive SELECT * FROM orders WHERE created_at < '2020-01-01'
----
INSERT INTO archive (id) SELECT id FROM a UNION SELECT id FROM b
----
INSERT INTO t SELECT * FROM u WHERE true ON CONFLICT (id) DO UPDATE SET a = excluded.a
----
INSERT INTO events (payload) VALUES ('{"sql": "BEGIN; COMMIT;"}')
----
INSERT INTO events (payload) VALUES (json_object('a', 1, 'b', json_array(1, 2)))
----
INSERT INTO notes (body) VALUES ('line one
line two; COMMIT')
----
INSERT INTO files (name) VALUES ('a;b'), ('c--d'), ('e/*f'), ('*/'), ('back\')
----
INSERT INTO main.audit AS a (who, what) VALUES ('x', 'login') RETURNING a.id
----
INSERT INTO docs (docs) VALUES ('optimize')
----
INSERT INTO docs (docs, rank) VALUES ('rank', 'bm25(10.0, 5.0)')
----
INSERT INTO docs (rowid, title, body) VALUES (1, 'Title', 'Body; END')
----
INSERT INTO "Order" ("begin", "end", "commit") VALUES (1, 2, 3)
----
INSERT INTO [Order Details] ([Unit Price], [Qty; END]) VALUES (1.5, 2)
----
INSERT INTO `order` (`begin`) VALUES (1)
----
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('shop', '0001_initial', '2024-01-01 10:00:00.000000')
----
INSERT INTO sessions (id, data) VALUES (lower(hex(randomblob(16))), ?)
----
INSERT INTO t (id) VALUES ((SELECT coalesce(max(id), 0) + 1 FROM t))
----
WITH src AS (SELECT * FROM staging) INSERT INTO target SELECT * FROM src
----
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO items (id, name) SELECT i, 'item ' || i FROM n
----
WITH src AS (SELECT 1 AS k) REPLACE INTO settings (k) SELECT k FROM src
----
UPDATE users SET name = ? WHERE id = ?
----
UPDATE "users" SET "last_seen_at" = ?, "updated_at" = ? WHERE "users"."id" = ?
----
UPDATE "auth_user" SET "last_login" = '2024-05-01 10:00:00' WHERE "auth_user"."id" = 1
----
UPDATE accounts SET balance = balance - 100.00 WHERE id = 1 AND balance >= 100
----
UPDATE orders SET status = 'paid' FROM payments WHERE payments.order_id = orders.id AND payments.ok
----
UPDATE orders AS o SET status = 'paid', paid_at = datetime('now') WHERE o.id IN (1, 2) RETURNING *
----
UPDATE t SET (a, b) = (SELECT x, y FROM u WHERE u.id = t.id)
----
UPDATE OR IGNORE t SET a = a + 1
----
UPDATE OR REPLACE t SET a = 1 WHERE b = 2
----
UPDATE OR FAIL t SET a = 1
----
UPDATE profiles SET data = json_set(data, '$.city', ?) WHERE id = ?
----
UPDATE profiles SET data = json_patch(data, '{"seen": true}') WHERE data ->> 'role' = 'admin'
----
UPDATE jobs SET state = 'running' WHERE id = (SELECT id FROM jobs WHERE state = 'ready' ORDER BY id LIMIT 1) RETURNING *
----
UPDATE inventory SET qty = CASE sku WHEN 'a' THEN 1 WHEN 'b' THEN 2 ELSE qty END WHERE sku IN ('a', 'b')
----
UPDATE nodes SET path = replace(path, '/old/', '/new/') WHERE path LIKE '/old/%'
----
UPDATE products SET price = round(price * 1.05, 2), updated_at = CURRENT_TIMESTAMP WHERE category = 'books'
----
UPDATE t SET "commit" = 'abc', "end" = 0
----
UPDATE t SET note = 'He said "hi"; COMMIT' WHERE id = 1
----
UPDATE sqlite_sequence SET seq = 0 WHERE name = 't'
----
UPDATE t INDEXED BY i SET a = 1 WHERE b = 2
----
UPDATE schema_version SET version = 5
----
WITH c AS (SELECT id FROM u) UPDATE t SET flag = 1 WHERE id IN (SELECT id FROM c)
----
WITH old AS (SELECT id FROM logs ORDER BY id LIMIT 100) DELETE FROM logs WHERE id IN (SELECT id FROM old)
----
DELETE FROM sessions WHERE expires_at < datetime('now')
----
DELETE FROM "sessions" WHERE "sessions"."id" IN (?, ?)
----
DELETE FROM logs WHERE rowid IN (SELECT rowid FROM logs WHERE at < ? LIMIT 1000)
----
DELETE FROM t WHERE id = 1 RETURNING id, name
----
DELETE FROM t
----
DELETE FROM main.t AS x WHERE x.id = 1
----
DELETE FROM t NOT INDEXED WHERE a = 1
----
/* app:web */ INSERT INTO visits (path) VALUES ('/')
----
-- name: CreateUser :one
UPDATE users SET email = lower(email) WHERE email <> lower(email);
----
DELETE FROM users WHERE NOT EXISTS (SELECT 1 FROM logins WHERE logins.user_id = users.id);
----
INSERT INTO history SELECT datetime('now'), t.* FROM t WHERE (t.a, t.b) IN (SELECT a, b FROM changed)
----
UPDATE comments SET body = replace(body, ';', ',') WHERE body GLOB '*;*'
----
DELETE FROM cache WHERE key LIKE 'user:%' ESCAPE '!'
----
UPDATE leases SET owner = :me, until = unixepoch() + :secs WHERE name = :name AND (owner = :me OR until < unixepoch()) RETURNING fence
----
UPDATE posts SET views = views + 1, slug = lower(trim(title)) WHERE id = @id
----
INSERT INTO kv (k, v) VALUES ($k, $v) ON CONFLICT (k) DO UPDATE SET v = excluded.v WHERE kv.v IS NOT excluded.v
----
INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (?1, ?2, FALSE, ?3, -1)
----
INSERT INTO tasks (title, due) VALUES ('write; commit', date('now', '+7 days')) RETURNING id, due
----
UPDATE tasks SET done = NOT done WHERE id = ?
----
DELETE FROM tasks WHERE done AND due < date('now', '-1 year')
----
INSERT INTO bookings (room_id, starts, ends, guest) VALUES (3, '2024-07-01', '2024-07-05', 'D''Arcy; family')
----
INSERT INTO messages (thread_id, sender, body) VALUES (12, 'ann', 'begin; commit; end')
----
INSERT INTO stock_moves (sku, qty, reason) SELECT sku, -qty, 'order' FROM order_lines WHERE order_id = 7
----
INSERT INTO visits (user_id, path) VALUES (1, '/a'), (1, '/b'), (2, '/c?x=1;y=2')
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
SELECT my_function(1, 'x')
----
SELECT load_extension('./mod_spatialite')
----
SELECT regexp('a', b) FROM t
----
SELECT * FROM pragma_table_info('users')
----
SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
----
SELECT value FROM generate_series(1, 10)
----
SELECT sha3('abc')
----
SELECT vec_distance_cosine(a, b) FROM t
----
SELECT icu_load_collation('de_DE', 'german')
----
SELECT fts5_source_id()
----
EXPLAIN QUERY PLAN SELECT my_function(a) FROM t
----
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)
----
CREATE TABLE IF NOT EXISTS "schema_migrations" ("version" varchar NOT NULL PRIMARY KEY)
----
CREATE TABLE "shop_order" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "total" decimal NOT NULL, "customer_id" bigint NOT NULL REFERENCES "shop_customer" ("id") DEFERRABLE INITIALLY DEFERRED)
----
CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, CHECK (a > 0 AND b <> 5), UNIQUE (a, b))
----
CREATE TABLE t (a PRIMARY KEY, b) WITHOUT ROWID
----
CREATE TABLE t (a INTEGER, b TEXT) STRICT
----
CREATE TABLE t (a TEXT UNIQUE ON CONFLICT IGNORE, b INT NOT NULL ON CONFLICT REPLACE)
----
CREATE TABLE t (a TEXT UNIQUE ON CONFLICT ROLLBACK)
----
CREATE TABLE copy AS SELECT * FROM orders
----
CREATE TEMP TABLE scratch (id int)
----
CREATE TEMPORARY TABLE IF NOT EXISTS scratch AS SELECT 1 AS a
----
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INT REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL)
----
CREATE TABLE jobs (begin TEXT, "end" TEXT, [commit] TEXT, `rollback` INT)
----
CREATE TABLE "COMMIT" ("BEGIN" int, "END; ROLLBACK" int)
----
CREATE TABLE aux.t (a)
----
CREATE TABLE d (x TEXT DEFAULT 'a;b', y INT DEFAULT (1 + 2), z TEXT DEFAULT (strftime('%s', 'now')))
----
CREATE INDEX index_users_on_email ON users (email)
----
CREATE UNIQUE INDEX IF NOT EXISTS u ON users (lower(email)) WHERE deleted_at IS NULL
----
CREATE INDEX main.i ON t (a COLLATE NOCASE DESC, b ASC)
----
CREATE INDEX j ON t (json_extract(data, '$.a'))
----
CREATE VIEW active_users AS SELECT * FROM users WHERE active
----
CREATE VIEW IF NOT EXISTS v (a, b) AS SELECT 1, 2
----
CREATE TEMP VIEW w AS SELECT 'x;y' AS a
----
CREATE VIRTUAL TABLE docs USING fts5(title, body, tokenize = 'porter unicode61')
----
CREATE VIRTUAL TABLE IF NOT EXISTS docs USING fts5(title, content='posts', content_rowid='id')
----
CREATE VIRTUAL TABLE idx USING rtree(id, minX, maxX, minY, maxY)
----
CREATE VIRTUAL TABLE temp.t1 USING csv(filename='thefile.csv')
----
ALTER TABLE users ADD COLUMN phone TEXT
----
ALTER TABLE "users" ADD "admin" boolean DEFAULT FALSE NOT NULL
----
ALTER TABLE users DROP COLUMN phone
----
ALTER TABLE a RENAME TO b
----
ALTER TABLE a RENAME COLUMN x TO y
----
ALTER TABLE a RENAME x TO y
----
DROP TABLE scratch
----
DROP TABLE IF EXISTS scratch
----
DROP INDEX IF EXISTS i
----
DROP VIEW v
----
DROP TRIGGER IF EXISTS t
----
DROP TABLE temp.scratch
----
ANALYZE
----
ANALYZE main
----
ANALYZE orders
----
REINDEX
----
REINDEX NOCASE
----
REINDEX main.i
----
VACUUM
----
VACUUM INTO '/tmp/backup.db'
----
VACUUM main
----
ATTACH DATABASE 'archive.db' AS archive
----
ATTACH ':memory:' AS aux1
----
ATTACH ? AS x
----
DETACH DATABASE archive
----
DETACH archive
----
PRAGMA foreign_keys = ON
----
PRAGMA foreign_keys=OFF
----
PRAGMA foreign_keys(1)
----
PRAGMA defer_foreign_keys = ON
----
PRAGMA defer_foreign_keys = 1
----
PRAGMA journal_mode = WAL
----
PRAGMA journal_mode(delete)
----
PRAGMA main.journal_mode = MEMORY
----
PRAGMA synchronous = NORMAL
----
PRAGMA synchronous=1
----
PRAGMA busy_timeout = 5000
----
PRAGMA cache_size = -2000
----
PRAGMA user_version = 7
----
PRAGMA application_id = 1196444487
----
PRAGMA temp_store = MEMORY
----
PRAGMA mmap_size = 268435456
----
PRAGMA page_size = 4096
----
PRAGMA auto_vacuum = INCREMENTAL
----
PRAGMA incremental_vacuum
----
PRAGMA incremental_vacuum(100)
----
PRAGMA optimize
----
PRAGMA optimize(0x10002)
----
PRAGMA wal_checkpoint
----
PRAGMA wal_checkpoint(TRUNCATE)
----
PRAGMA wal_autocheckpoint = 1000
----
PRAGMA legacy_alter_table = ON
----
PRAGMA recursive_triggers = ON
----
PRAGMA case_sensitive_like = true
----
PRAGMA secure_delete = FAST
----
PRAGMA trusted_schema = 0
----
PRAGMA encoding = 'UTF-8'
----
PRAGMA ignore_check_constraints = 1
----
PRAGMA reverse_unordered_selects = 1
----
PRAGMA threads = 4
----
PRAGMA analysis_limit = 400
----
PRAGMA automatic_index = OFF
----
PRAGMA max_page_count = 100000
----
PRAGMA soft_heap_limit = 1000000
----
CREATE TABLE "tags" ("name" TEXT COLLATE NOCASE PRIMARY KEY, "uses" INTEGER NOT NULL DEFAULT 0 CHECK ("uses" >= 0))
----
CREATE TABLE prefs (k TEXT NOT NULL, v ANY, PRIMARY KEY (k)) STRICT, WITHOUT ROWID
----
CREATE INDEX IF NOT EXISTS recent ON posts (created_at DESC) WHERE published AND title <> 'end;'
----
CREATE VIEW totals (day, total) AS WITH d AS (SELECT date(at) AS day, amount FROM sales) SELECT day, sum(amount) FROM d GROUP BY day
----
CREATE TABLE log (at TEXT, line TEXT) -- the end; COMMIT
----
DROP INDEX recent
==== any
SELECT 1; SELECT 2
----
SELECT 1; -- one
SELECT 2; /* two; COMMIT */
SELECT 'three; COMMIT';
----
CREATE TABLE a (id INTEGER PRIMARY KEY);
CREATE INDEX a_id ON a (id);
INSERT INTO a VALUES (1), (2);
----
CREATE TABLE "new__shop_order" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "total" decimal NOT NULL, "note" text NULL);
INSERT INTO "new__shop_order" ("id", "total", "note") SELECT "id", "total", NULL FROM "shop_order";
DROP TABLE "shop_order";
ALTER TABLE "new__shop_order" RENAME TO "shop_order";
----
ALTER TABLE users ADD COLUMN nick TEXT;
UPDATE users SET nick = lower(name);
----
-- Migration 3: users; commit messages are in another table
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'user;none';
CREATE INDEX users_role ON users (role);
----
CREATE TRIGGER touch AFTER UPDATE ON users BEGIN UPDATE users SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id; END
----
CREATE TRIGGER IF NOT EXISTS main.touch AFTER UPDATE OF name, email ON users FOR EACH ROW WHEN NEW.name <> OLD.name BEGIN
    UPDATE users SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
    INSERT INTO audit (what) VALUES ('update; end');
END;
----
CREATE TEMP TRIGGER t BEFORE INSERT ON a BEGIN SELECT RAISE(ABORT, 'no; COMMIT') WHERE NEW.x < 0; END
----
CREATE TEMPORARY TRIGGER t INSTEAD OF DELETE ON v BEGIN DELETE FROM a WHERE id = OLD.id; END
----
CREATE TRIGGER grade AFTER INSERT ON results BEGIN
    UPDATE results SET grade = CASE WHEN NEW.score > 90 THEN 'a' WHEN NEW.score > 50 THEN 'b' ELSE 'c' END WHERE id = NEW.id;
    SELECT CASE WHEN NEW.score < 0 THEN RAISE(IGNORE) END;
END
----
DROP TRIGGER IF EXISTS touch;
CREATE TRIGGER touch AFTER UPDATE ON users BEGIN UPDATE users SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id; END;
----
DROP TRIGGER touch; CREATE TRIGGER touch AFTER INSERT ON users BEGIN SELECT 1; END; SELECT 1
----
CREATE VIRTUAL TABLE docs USING fts5(title, body, content='posts', content_rowid='id');
CREATE TRIGGER posts_ai AFTER INSERT ON posts BEGIN
    INSERT INTO docs(rowid, title, body) VALUES (new.id, new.title, new.body);
END;
CREATE TRIGGER posts_ad AFTER DELETE ON posts BEGIN
    INSERT INTO docs(docs, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
END;
----
EXPLAIN CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END
----
EXPLAIN ROLLBACK
----
EXPLAIN QUERY PLAN COMMIT
----
INSERT OR ROLLBACK INTO t VALUES (1)
----
UPDATE OR ROLLBACK t SET a = 1
----
PRAGMA foreign_keys = OFF; DELETE FROM a; DELETE FROM b; PRAGMA foreign_keys = ON
----
PRAGMA query_only = ON
----
PRAGMA query_only = 0
----
PRAGMA writable_schema = ON
----
PRAGMA locking_mode = EXCLUSIVE
----
PRAGMA locking_mode
----
PRAGMA some_extension
----
PRAGMA key = 'secret; COMMIT'
----
PRAGMA cipher_page_size = 4096
----
ATTACH DATABASE 'archive.db' AS archive; INSERT INTO archive.orders SELECT * FROM orders; DETACH archive
----
INSERT INTO a (x) VALUES (1); INSERT INTO b (a_id) VALUES (last_insert_rowid())
----
UPDATE a SET v = v + 1 WHERE id = 1;
UPDATE b SET v = v - 1 WHERE id = 1;
SELECT v FROM a WHERE id = 1;
----
DELETE FROM a WHERE id = ?; DELETE FROM b WHERE a_id = ?
----
CREATE TEMP TABLE ids AS SELECT id FROM orders WHERE total = 0;
DELETE FROM orders WHERE id IN (SELECT id FROM ids);
DROP TABLE ids;
----
-- only a comment; COMMIT
----
/* nothing here; ROLLBACK */
----
;
----
CREATE TABLE events (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    -- begin and end of it
    begins_at TEXT NOT NULL,
    ends_at TEXT, /* open; if null */
    CHECK (ends_at > begins_at)
);
CREATE INDEX events_begin ON events (begins_at);
----
WITH RECURSIVE reports AS (
    SELECT id, manager_id, name, '/' || id AS path
    FROM staff
    WHERE manager_id IS NULL
    UNION ALL
    SELECT s.id, s.manager_id, s.name, r.path || '/' || s.id
    FROM staff s
    JOIN reports r ON r.id = s.manager_id
)
SELECT path, name -- who; where
FROM reports
ORDER BY path
----
SELECT
    strftime('%Y-%m', paid_at) AS month,
    sum(total) AS revenue,
    sum(sum(total)) OVER (ORDER BY strftime('%Y-%m', paid_at)) AS running
FROM invoices
WHERE status = 'paid' -- not 'open; begin'
GROUP BY month
----
INSERT INTO templates (name, body) VALUES
    ('welcome', 'Hello {{name}};
Please COMMIT to this.'),
    ('bye', 'Don''t ROLLBACK; just leave.');
----
SELECT "odd;name", [b;c], `d;e`, 'f;g' FROM t; SELECT 2
----
SELECT 'ends with a backslash \'; SELECT '\'
----
SELECT x FROM t WHERE y = 'a' /* never closed
----
SELECT (SELECT 1), (SELECT (SELECT 2)); SELECT ((3))
----
ANALYZE; PRAGMA optimize
----
CREATE VIEW v AS SELECT ';' AS ";"; DROP VIEW v
----
INSERT INTO docs (docs) VALUES ('rebuild'); SELECT count(*) FROM docs
----
REPLACE INTO a VALUES (1); REPLACE INTO b VALUES (2);
----
SELECT a FROM t WHERE b = ?; SELECT count(*) FROM t
----
ALTER TABLE a ADD COLUMN x INT; ALTER TABLE a ADD COLUMN y INT; ALTER TABLE a RENAME TO b
----
DELETE FROM sqlite_sequence; VACUUM
----
CREATE TABLE IF NOT EXISTS migrations (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO migrations (name) VALUES ('init; begin')
----
PRAGMA user_version = 3; SELECT 1
----
CREATE TRIGGER no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(FAIL, 'ledger lines are final; commit a correction'); END;
----
CREATE TRIGGER counted AFTER DELETE ON posts FOR EACH ROW BEGIN
    UPDATE users SET posts = posts - 1 WHERE id = OLD.user_id; -- end; of it
    DELETE FROM docs WHERE rowid = OLD.id;
END;
----
CREATE INDEX a1 ON a (x); CREATE INDEX a2 ON a (y); ANALYZE a;
----
DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1 AS a;
----
SELECT changes(); SELECT last_insert_rowid()
----
SELECT $a, @b, :c, ?4; SELECT ?5
