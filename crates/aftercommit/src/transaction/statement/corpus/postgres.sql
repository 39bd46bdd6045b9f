==== reads
SELECT 1
----
SELECT 1 AS "healthy?"
----
select id, email from users where id = $1
----
SELECT "users".* FROM "users" WHERE "users"."id" = $1 LIMIT $2
----
SELECT "posts".* FROM "posts" INNER JOIN "users" ON "users"."id" = "posts"."author_id" WHERE "users"."active" = TRUE ORDER BY "posts"."published_at" DESC LIMIT 20 OFFSET 40
----
SELECT COUNT(*) FROM "comments" WHERE "comments"."post_id" IN ($1, $2, $3)
----
SELECT 1 AS one FROM "users" WHERE LOWER("users"."email") = LOWER($1) LIMIT 1
----
SELECT "auth_user"."id", "auth_user"."password", "auth_user"."last_login" FROM "auth_user" WHERE "auth_user"."username" = 'o''brien' ORDER BY "auth_user"."id" ASC LIMIT 21
----
SELECT COUNT(*) AS "__count" FROM "shop_order" WHERE ("shop_order"."status" = 'open' AND NOT ("shop_order"."total" > 100.50))
----
SELECT DISTINCT "shop_order"."customer_id" FROM "shop_order" WHERE "shop_order"."created" >= '2024-01-01T00:00:00+00:00'::timestamptz
----
SELECT (1) AS "a" FROM "shop_order" WHERE "shop_order"."id" = 42 LIMIT 1
----
SELECT EXISTS(SELECT 1 FROM invitations WHERE token = $1 AND used_at IS NULL)
----
SELECT u0."id", u0."name", u0."inserted_at" FROM "users" AS u0 WHERE (u0."id" = ANY($1))
----
SELECT p0."id", c1."body" FROM "posts" AS p0 LEFT OUTER JOIN "comments" AS c1 ON c1."post_id" = p0."id" WHERE (p0."slug" = $1)
----
SELECT t1.id AS t1_id, t1.name AS t1_name FROM tag AS t1 WHERE t1.name ILIKE '%rust%' ESCAPE '\\'
----
SELECT anon_1.total FROM (SELECT sum(line.qty * line.price) AS total, line.order_id AS order_id FROM line GROUP BY line.order_id) AS anon_1 WHERE anon_1.total > $1
----
SELECT "public"."User"."id", "public"."User"."email" FROM "public"."User" WHERE ("public"."User"."email" = $1 AND 1=1) LIMIT $2 OFFSET $3
----
SELECT "t0"."id" FROM "public"."Post" AS "t0" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("d"), '[]') AS "j" FROM (SELECT "t1"."id" AS "d" FROM "public"."Tag" AS "t1" WHERE "t0"."id" = "t1"."postId") AS "t2") AS "tags" ON TRUE
----
SELECT * FROM accounts
----
SELECT * FROM ONLY measurements
----
SELECT name, balance::numeric(12,2) FROM accounts ORDER BY balance DESC NULLS LAST
----
SELECT CAST(amount AS decimal(10, 2)) FROM payments
----
SELECT CAST(payload AS jsonb) -> 'items' ->> 0 FROM events
----
SELECT now()
----
SELECT NOW() - INTERVAL '7 days'
----
SELECT CURRENT_TIMESTAMP, CURRENT_DATE, LOCALTIME(0)
----
SELECT current_timestamp(3)
----
SELECT date_trunc('month', created_at) AS month, count(*) FROM orders GROUP BY 1 ORDER BY 1
----
SELECT to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM orders
----
SELECT extract(epoch FROM age(now(), created_at)) FROM sessions
----
SELECT EXTRACT(YEAR FROM birth_date)::int AS year FROM people
----
SELECT date_part('dow', day) FROM generate_series('2024-01-01'::date, '2024-12-31', '1 day') AS day
----
SELECT g.n, coalesce(s.total, 0) FROM generate_series(1, 12) AS g(n) LEFT JOIN sales AS s ON s.month = g.n
----
SELECT gen_random_uuid()
----
SELECT md5(random()::text)
----
SELECT version()
----
SELECT current_database(), current_user, session_user, current_schema()
----
SELECT current_setting('server_version_num')::int
----
SELECT current_setting('app.tenant_id', true)
----
SELECT pg_backend_pid()
----
SELECT pg_is_in_recovery()
----
SELECT pg_size_pretty(pg_database_size(current_database()))
----
SELECT relname, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_catalog.pg_class WHERE relkind = 'r' ORDER BY pg_total_relation_size(oid) DESC LIMIT 10
----
SELECT pid, state, query FROM pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid()
----
SELECT datname FROM pg_database WHERE NOT datistemplate
----
SELECT tablename FROM pg_tables WHERE schemaname = 'public'
----
SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position
----
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'orders'::regclass
----
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'orders'
----
SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = '"orders"'::regclass AND a.attnum > 0 AND NOT a.attisdropped
----
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r','p','v') AND pg_catalog.pg_table_is_visible(c.oid)
----
SELECT blocked.pid, blocking.pid FROM pg_locks blocked JOIN pg_locks blocking ON blocking.transactionid = blocked.transactionid AND blocking.pid <> blocked.pid WHERE NOT blocked.granted
----
SELECT unnest(pg_blocking_pids($1))
----
SELECT schemaname, relname, n_dead_tup, last_autovacuum FROM pg_stat_user_tables ORDER BY n_dead_tup DESC
----
SELECT pg_get_viewdef('report_view'::regclass, true)
----
SELECT has_table_privilege('reader', 'orders', 'SELECT')
----
SELECT rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'member')
----
SELECT obj_description('orders'::regclass)
----
SELECT setting FROM pg_settings WHERE name = 'max_connections'
----
SELECT count(*) FILTER (WHERE status = 'paid') AS paid, count(*) FILTER (WHERE status = 'open') AS open FROM invoices
----
SELECT department, avg(salary) OVER (PARTITION BY department) FROM staff
----
SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM tickets
----
SELECT id, rank() OVER w, dense_rank() OVER w FROM scores WINDOW w AS (PARTITION BY game ORDER BY points DESC)
----
SELECT day, sum(amount) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week FROM revenue
----
SELECT day, amount - lag(amount) OVER (ORDER BY day) AS change FROM revenue
----
SELECT day, first_value(price) OVER (PARTITION BY symbol ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM prices
----
SELECT ntile(4) OVER (ORDER BY total) AS quartile, total FROM customers
----
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FROM requests
----
SELECT mode() WITHIN GROUP (ORDER BY browser) FROM visits
----
SELECT sum(x) FILTER (WHERE x > 0) OVER (PARTITION BY k) FROM t
----
SELECT region, product, sum(amount) FROM sales GROUP BY GROUPING SETS ((region), (product), ())
----
SELECT region, product, grouping(region), sum(amount) FROM sales GROUP BY ROLLUP (region, product)
----
SELECT a, b, count(*) FROM t GROUP BY CUBE (a, b) HAVING count(*) > 1
----
SELECT string_agg(name, ', ' ORDER BY name) FROM tags
----
SELECT array_agg(DISTINCT tag) FROM post_tags WHERE post_id = $1
----
SELECT json_agg(t) FROM (SELECT id, name FROM teams) AS t
----
SELECT jsonb_build_object('id', id, 'tags', to_jsonb(tags)) FROM posts
----
SELECT json_object_agg(key, value) FROM settings
----
SELECT row_to_json(u) FROM users AS u WHERE u.id = 7
----
SELECT data #>> '{address,city}' FROM profiles
----
SELECT data FROM profiles WHERE data @> '{"role": "admin"}'
----
SELECT data FROM profiles WHERE data ? 'phone' AND data ?| array['a', 'b']
----
SELECT jsonb_path_query(doc, '$.items[*] ? (@.price > 10)') FROM catalog
----
SELECT elem ->> 'sku' FROM orders, jsonb_array_elements(orders.lines) AS elem
----
SELECT key, value FROM jsonb_each_text('{"a": "1"}'::jsonb)
----
SELECT x.* FROM json_to_recordset('[{"a":1,"b":"x"}]') AS x(a int, b text)
----
SELECT jsonb_set(data, '{name}', '"New"') FROM profiles
----
SELECT data - 'secret' FROM profiles
----
SELECT jsonb_pretty(data) FROM profiles LIMIT 1
----
SELECT * FROM docs WHERE to_tsvector('english', body) @@ plainto_tsquery('english', $1)
----
SELECT title, ts_rank(search, query) AS rank FROM docs, websearch_to_tsquery('simple', 'rust -go') AS query WHERE search @@ query ORDER BY rank DESC
----
SELECT ts_headline('english', body, to_tsquery('english', 'database & !oracle'), 'StartSel=<b>, StopSel=</b>') FROM docs
----
SELECT ARRAY[1, 2, 3], ARRAY(SELECT id FROM t), '{4,5}'::int[]
----
SELECT tags[1], tags[2:3], array_length(tags, 1), cardinality(tags) FROM posts
----
SELECT * FROM unnest(ARRAY['a', 'b']) WITH ORDINALITY
----
SELECT * FROM unnest($1::int[], $2::text[]) AS u(id, name)
----
SELECT id FROM posts WHERE tags && ARRAY['sql', 'rust'] AND 'draft' <> ALL (tags)
----
SELECT * FROM bookings WHERE during && tstzrange($1, $2, '[)')
----
SELECT lower(during), upper(during) FROM bookings WHERE during @> now()
----
SELECT int4range(1, 10) * int4range(5, 20), isempty('empty'::int4range)
----
SELECT point(1, 2) <-> point(4, 6)
----
SELECT host(addr), masklen(addr) FROM hosts WHERE addr << inet '10.0.0.0/8'
----
SELECT 'It''s' || ' ' || 'quoted'
----
SELECT E'tab\there', E'it\'s', E'back\\slash', e'\x41\u00e9'
----
SELECT $$it's a dollar quote; with a semicolon$$
----
SELECT $body$ nested $$ quotes $body$ AS x, $q$COMMIT;$q$ AS y
----
SELECT U&'\0441\043B\043E\043D', U&"d\0061t\+000061" FROM t
----
SELECT B'1010', X'1FF', b'0'::bit(4)
----
SELECT 'first part ' || 'second' WHERE false
----
SELECT "weird ""name""; DROP" FROM "table-with-dash"
----
SELECT "select" FROM "from" WHERE "where" = 'commit; rollback'
----
SELECT 'C:\temp\new' AS path
----
SELECT name FROM files WHERE path LIKE 'C:\\temp\\%'
----
SELECT '\d{4}-\d{2}' AS pattern
----
SELECT regexp_replace(phone, '[^0-9]', '', 'g') FROM contacts
----
SELECT (regexp_match(log, '(\d+)ms'))[1]::int FROM logs
----
SELECT * FROM logs WHERE line ~ '^\s*COMMIT;' OR line !~* 'rollback'
----
SELECT split_part(email, '@', 2) AS domain, count(*) FROM users GROUP BY domain
----
SELECT substring(code from 1 for 3), overlay(code placing 'XX' from 2 for 2) FROM products
----
SELECT position('x' in name), trim(both '"' from name), trim(leading '0' from code) FROM products
----
SELECT initcap(name), reverse(name), repeat('-', 10), lpad(code, 8, '0') FROM products
----
SELECT format('%s <%s>', name, email) FROM users
----
SELECT concat_ws(', ', last_name, first_name) FROM people
----
SELECT greatest(a, b), least(a, b), nullif(a, 0), coalesce(a, b, 0) FROM t
----
SELECT abs(-1), ceil(1.2), floor(1.8), round(2.345, 2), trunc(2.9), mod(7, 3), power(2, 10), sqrt(2), sign(-4)
----
SELECT 1e10, 1.5E-3, .5, 5., 0x1F, 1_000
----
SELECT -1 - -1, 5 - (-1), 2^3, 5 % 2, 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, |/ 25
----
SELECT a <> b, a != b, a <= b, NOT a = b, a IS DISTINCT FROM b FROM t
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
SELECT transaction_id, transaction.amount FROM transaction
----
SELECT u.name, (SELECT count(*) FROM posts p WHERE p.user_id = u.id) AS posts FROM users u
----
SELECT * FROM a NATURAL JOIN b
----
SELECT * FROM a CROSS JOIN b
----
SELECT * FROM a FULL OUTER JOIN b USING (id)
----
SELECT * FROM orders o JOIN LATERAL (SELECT * FROM lines l WHERE l.order_id = o.id ORDER BY l.qty DESC LIMIT 3) best ON true
----
SELECT * FROM t TABLESAMPLE system (1)
----
SELECT DISTINCT ON (user_id) user_id, created_at FROM logins ORDER BY user_id, created_at DESC
----
SELECT id FROM a UNION SELECT id FROM b
----
SELECT id FROM a UNION ALL SELECT id FROM b INTERSECT SELECT id FROM c EXCEPT SELECT id FROM d
----
(SELECT id FROM a ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM b ORDER BY id LIMIT 1)
----
((SELECT 1))
----
SELECT * FROM (VALUES (1, 'one'), (2, 'two')) AS t(num, word)
----
VALUES (1, 'a'), (2, 'b')
----
VALUES (now(), $1)
----
TABLE settings
----
TABLE ONLY settings
----
SELECT id FROM t ORDER BY id FETCH FIRST 10 ROWS ONLY
----
SELECT id FROM t ORDER BY id OFFSET 5 ROWS FETCH NEXT 10 ROWS WITH TIES
----
SELECT id FROM t LIMIT ALL
----
SELECT (a, b) = (1, 2), ROW(a, b), (ROW(1, 2)).* FROM t
----
SELECT (address).city, (items[1]).sku FROM customers
----
SELECT name COLLATE "C" FROM users ORDER BY name COLLATE "de-x-icu"
----
SELECT ts AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Berlin' FROM events
----
SELECT interval '1 year 2 months', interval '3' day, date '2024-02-29' + 1, time '12:30', timestamp '2024-01-01 00:00'
----
SELECT make_date(2024, 2, 29), make_interval(days => 10)
----
SELECT to_timestamp(1700000000), to_date('05 Dec 2000', 'DD Mon YYYY'), to_number('12,454.8-', '99G999D9S')
----
SELECT encode(sha256('abc'::bytea), 'hex'), decode('aGk=', 'base64'), '\xdeadbeef'::bytea
----
SELECT 'a' = ANY(ARRAY['a']), 1 = SOME(ARRAY[1])
----
SELECT num_nonnulls(a, b, c) FROM t
----
SELECT width_bucket(score, 0, 100, 10) AS bucket, count(*) FROM results GROUP BY bucket
----
SELECT corr(x, y), regr_slope(y, x), stddev_samp(x), var_pop(y) FROM samples
----
SELECT bool_and(ok), bool_or(ok), every(ok), bit_or(flags) FROM checks
----
SELECT pg_typeof(1), pg_column_size(data) FROM t
----
SELECT quote_ident('My Table'), quote_literal(E'O\'Reilly'), quote_nullable(NULL)
----
SELECT xmlelement(name foo, xmlattributes('x' as bar)), xpath('/a/text()', '<a>t</a>')
----
SELECT enum_range(NULL::mood)
----
SELECT currval('orders_id_seq')
----
SELECT lastval()
----
SELECT xmin, ctid, tableoid::regclass FROM orders WHERE id = 1
----
SELECT pg_current_xact_id_if_assigned()
----
WITH recent AS (SELECT * FROM orders WHERE created_at > now() - interval '1 day') SELECT count(*) FROM recent
----
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a) SELECT * FROM a, b
----
WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT sum(n) FROM t
----
WITH RECURSIVE tree AS (SELECT id, parent_id, 0 AS depth FROM nodes WHERE parent_id IS NULL UNION ALL SELECT n.id, n.parent_id, depth + 1 FROM nodes n JOIN tree ON tree.id = n.parent_id) SELECT * FROM tree
----
WITH x AS MATERIALIZED (SELECT * FROM big), y AS NOT MATERIALIZED (SELECT * FROM small) SELECT * FROM x JOIN y USING (id)
----
WITH RECURSIVE s(id, link) AS (SELECT id, link FROM g UNION ALL SELECT g.id, g.link FROM g, s WHERE g.id = s.link) SEARCH DEPTH FIRST BY id SET ord CYCLE id SET is_cycle USING path SELECT * FROM s ORDER BY ord
----
WITH v (a, b) AS (VALUES (1, 2)), w (c) AS (SELECT a FROM v) SELECT c FROM w
----
WITH totals AS (SELECT region, sum(amount) AS t FROM sales GROUP BY region) TABLE totals
----
SHOW server_version
----
SHOW search_path
----
SHOW ALL
----
SHOW TRANSACTION ISOLATION LEVEL
----
SHOW "TimeZone"
----
EXPLAIN SELECT * FROM orders WHERE id = 1
----
EXPLAIN (FORMAT JSON, COSTS false) SELECT count(*) FROM orders
----
EXPLAIN VERBOSE SELECT a, b FROM t ORDER BY a
----
SELECT 1;
----
SELECT 1 ;  -- trailing comment
----
/* service=web,route=/orders */ SELECT * FROM orders WHERE id = $1
----
SELECT * FROM orders /*+ IndexScan(orders) */ WHERE id = $1
----
SELECT a -- first; COMMIT
----
SELECT a /* nested /* comment; ROLLBACK */ still */ FROM t
----
SELECT 'ünïcode', "größe", 名前 FROM таблица
----
SELECT $1::jsonb || $2::jsonb
----
SELECT id FROM items WHERE price BETWEEN $1 AND $2 AND name SIMILAR TO '%(a|b)%'
----
SELECT id FROM items WHERE name IS NOT NULL AND (deleted_at ISNULL OR flag IS NOT TRUE)
----
SELECT count(DISTINCT (a, b)) FROM t
----
SELECT max(id) + 1 FROM t
----
SELECT pg_catalog.lower('A'), pg_catalog.count(*) FROM t
----
SELECT t.id FROM public.things AS t WHERE t.kind::text = 'x'::varchar(20)
----
SELECT sum((data->>'n')::int) FROM t WHERE (data->>'n') ~ '^[0-9]+$'
----
SELECT array_to_string(ARRAY(SELECT name FROM tags ORDER BY name), ', ')
----
SELECT to_tsvector('simple', coalesce(title, '') || ' ' || coalesce(body, '')) FROM docs
----
SELECT country, json_object_agg(city, population ORDER BY population DESC) FROM cities GROUP BY country
----
SELECT justify_days(interval '65 days'), date_bin('15 minutes', now(), timestamp '2001-01-01')
----
SELECT trim(name), upper(trim(both from code)), char_length(name), octet_length(name), ascii('a'), chr(65) FROM t
----
SELECT "accounts"."id" AS t0_r0, "accounts"."name" AS t0_r1, "plans"."id" AS t1_r0 FROM "accounts" LEFT OUTER JOIN "plans" ON "plans"."account_id" = "accounts"."id" WHERE "accounts"."id" = 5
----
SELECT SUM("invoices"."amount") FROM "invoices" WHERE "invoices"."due" BETWEEN '2024-01-01' AND '2024-01-31'
----
SELECT MAX("versions"."number") FROM "versions"
----
SELECT attr.attname FROM pg_attribute attr WHERE attr.attrelid = '"users"'::regclass
----
SELECT "django_session"."session_data" FROM "django_session" WHERE ("django_session"."expire_date" > '2024-01-01'::timestamptz AND "django_session"."session_key" = 'abc')
----
SELECT users.id, users.name, count(posts.id) AS post_count FROM users LEFT OUTER JOIN posts ON users.id = posts.user_id GROUP BY users.id HAVING count(posts.id) >= 5
----
SELECT "e"."id" FROM "employees" AS "e" WHERE COALESCE("e"."manager", 0) = 0 FETCH FIRST ROW ONLY
----
SELECT q.* FROM (SELECT p.*, row_number() OVER (PARTITION BY p.kind ORDER BY p.id DESC) AS rn FROM products p) q WHERE q.rn <= 3
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
==== writes
INSERT INTO users (email, name) VALUES ($1, $2)
----
INSERT INTO users (email, name) VALUES ($1, $2) RETURNING id
----
INSERT INTO "users" ("email", "created_at", "updated_at") VALUES ($1, $2, $3) RETURNING "id"
----
INSERT INTO "shop_order" ("customer_id", "total", "note") VALUES (7, '12.50'::numeric, 'it''s; fine') RETURNING "shop_order"."id"
----
INSERT INTO "posts" ("title","body","inserted_at") VALUES ($1,$2,$3),($4,$5,$6) RETURNING "id"
----
INSERT INTO logs DEFAULT VALUES
----
INSERT INTO logs (line) SELECT line FROM staging WHERE line NOT LIKE '%COMMIT;%'
----
INSERT INTO counters (key, n) VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET n = counters.n + excluded.n
----
INSERT INTO tags (name) VALUES ('sql'), ('rust') ON CONFLICT DO NOTHING
----
INSERT INTO tags (name) VALUES ($1) ON CONFLICT (lower(name)) WHERE deleted_at IS NULL DO UPDATE SET name = EXCLUDED.name RETURNING id, (xmax = 0) AS inserted
----
INSERT INTO t (id) OVERRIDING SYSTEM VALUE VALUES (1)
----
INSERT INTO events (payload) VALUES ('{"sql": "BEGIN; COMMIT;"}'::jsonb)
----
INSERT INTO events (payload) SELECT jsonb_array_elements($1::jsonb)
----
INSERT INTO notes (body) VALUES ($$don't; ROLLBACK$$)
----
INSERT INTO notes (body) VALUES (E'line one\nline two\'s; COMMIT')
----
INSERT INTO audit.log AS l (who, what) VALUES (current_user, 'login') RETURNING l.id
----
INSERT INTO items SELECT * FROM unnest($1::bigint[], $2::text[])
----
INSERT INTO items (id, name) SELECT g, 'item ' || g FROM generate_series(1, 1000) AS g
----
INSERT INTO seq_users (id) VALUES (nextval('seq_users_id_seq'))
----
INSERT INTO tokens (id, hash) VALUES (gen_random_uuid(), crypt($1, gen_salt('bf')))
----
WITH new AS (INSERT INTO orders (customer_id) VALUES ($1) RETURNING id) INSERT INTO lines (order_id, sku) SELECT id, $2 FROM new
----
WITH src AS (SELECT * FROM staging) INSERT INTO target SELECT * FROM src ON CONFLICT DO NOTHING
----
WITH moved AS (DELETE FROM queue WHERE id = $1 RETURNING *) INSERT INTO archive SELECT * FROM moved
----
UPDATE users SET name = $1 WHERE id = $2
----
UPDATE "users" SET "last_seen_at" = $1, "updated_at" = $2 WHERE "users"."id" = $3
----
UPDATE "auth_user" SET "last_login" = '2024-05-01T10:00:00+00:00'::timestamptz WHERE "auth_user"."id" = 1
----
UPDATE accounts SET balance = balance - 100.00 WHERE id = 1 AND balance >= 100
----
UPDATE orders SET status = 'paid' FROM payments WHERE payments.order_id = orders.id AND payments.ok
----
UPDATE orders AS o SET (status, paid_at) = ('paid', now()) WHERE o.id = ANY($1) RETURNING o.*
----
UPDATE t SET (a, b) = (SELECT x, y FROM u WHERE u.id = t.id)
----
UPDATE profiles SET data = jsonb_set(data, '{address,city}', to_jsonb($1::text), true) WHERE id = $2
----
UPDATE profiles SET data = data || '{"seen": true}' WHERE data ->> 'role' = 'admin'
----
UPDATE ONLY parent SET flag = NOT flag
----
UPDATE posts SET search = setweight(to_tsvector(title), 'A') || setweight(to_tsvector(body), 'B')
----
UPDATE jobs SET state = 'running' WHERE id = (SELECT id FROM jobs WHERE state = 'ready' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING *
----
WITH due AS (SELECT id FROM jobs WHERE run_at <= now() ORDER BY run_at LIMIT 10 FOR UPDATE SKIP LOCKED) UPDATE jobs SET locked_by = $1 FROM due WHERE jobs.id = due.id RETURNING jobs.*
----
UPDATE t SET a = DEFAULT, b = NULL WHERE CURRENT OF cur
----
UPDATE products SET price = round(price * 1.05, 2), updated_at = CURRENT_TIMESTAMP WHERE category = 'books'
----
UPDATE schema_migrations SET dirty = false
----
DELETE FROM sessions WHERE expires_at < now()
----
DELETE FROM "sessions" WHERE "sessions"."id" IN ($1, $2)
----
DELETE FROM a USING b WHERE a.b_id = b.id AND b.gone
----
DELETE FROM logs WHERE ctid = ANY(ARRAY(SELECT ctid FROM logs WHERE at < $1 LIMIT 1000)) RETURNING id
----
DELETE FROM ONLY parent
----
DELETE FROM t
----
WITH old AS (SELECT id FROM logs ORDER BY id LIMIT 100) DELETE FROM logs USING old WHERE logs.id = old.id
----
MERGE INTO stock s USING delivery d ON s.sku = d.sku WHEN MATCHED THEN UPDATE SET qty = s.qty + d.qty WHEN NOT MATCHED THEN INSERT (sku, qty) VALUES (d.sku, d.qty)
----
MERGE INTO t USING (SELECT $1::int AS id) AS s ON t.id = s.id WHEN MATCHED AND t.gone THEN DELETE WHEN MATCHED THEN DO NOTHING
----
WITH d AS (SELECT * FROM delivery) MERGE INTO stock USING d ON stock.sku = d.sku WHEN MATCHED THEN UPDATE SET qty = d.qty
----
INSERT INTO geo (p) VALUES (point(1, 2)), ('(3,4)')
----
INSERT INTO prices (during) VALUES ('[2024-01-01,2024-02-01)'), (daterange('2024-02-01', NULL))
----
INSERT INTO "Order" ("begin", "end", "commit") VALUES (1, 2, 3)
----
INSERT INTO files (name, content) VALUES ('a;b', '\xdeadbeef'), ('c--d', ''), ('e/*f', '*/')
----
/* app:web */ INSERT INTO visits (path) VALUES ('/')
----
-- name: CreateUser :one
UPDATE users SET tags = array_append(tags, 'new') WHERE NOT 'new' = ANY (tags)
----
UPDATE users SET tags = tags[2:], nick = substring(nick from 1 for 20) WHERE id = 1;
----
UPDATE users SET email = lower(email) WHERE email <> lower(email);
----
DELETE FROM users WHERE NOT EXISTS (SELECT 1 FROM logins WHERE logins.user_id = users.id);
----
INSERT INTO t VALUES (1, 'a', NULL, TRUE, 1.5e3, -7, '{}', ARRAY[]::int[]);
----
INSERT INTO history SELECT now(), t.* FROM t WHERE (t.a, t.b) IN (SELECT a, b FROM changed)
----
INSERT INTO mood (m) VALUES ('happy'::mood), (CAST('sad' AS mood))
----
UPDATE inventory SET qty = CASE sku WHEN 'a' THEN 1 WHEN 'b' THEN 2 ELSE qty END WHERE sku IN ('a', 'b')
----
UPDATE nodes SET path = replace(path, '/old/', '/new/') WHERE path LIKE '/old/%'
----
UPDATE comments SET body = regexp_replace(body, '<script.*?>', '', 'gi')
----
DELETE FROM cache WHERE key LIKE 'user:%' ESCAPE '!'
----
INSERT INTO kv (k, v) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT kv_pkey DO UPDATE SET v = EXCLUDED.v WHERE kv.v IS DISTINCT FROM EXCLUDED.v
----
UPDATE leases SET owner = $1, until = now() + make_interval(secs => $2) WHERE name = $3 AND (owner = $1 OR until < now()) RETURNING fence
----
INSERT INTO outbox (topic, payload, headers) VALUES ('orders', convert_to('héllo', 'UTF8'), hstore('a', 'b'))
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
==== other
SELECT * FROM jobs WHERE id = $1 FOR UPDATE
----
SELECT * FROM jobs ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
----
SELECT * FROM accounts WHERE id IN (1, 2) ORDER BY id FOR NO KEY UPDATE NOWAIT
----
SELECT * FROM parents FOR KEY SHARE OF parents
----
SELECT "users".* FROM "users" WHERE "users"."id" = $1 LIMIT $2 FOR UPDATE
----
SELECT nextval('orders_id_seq')
----
SELECT setval('orders_id_seq', (SELECT max(id) FROM orders))
----
SELECT setval(pg_get_serial_sequence('orders', 'id'), coalesce(max(id), 1)) FROM orders
----
SELECT pg_advisory_xact_lock($1)
----
SELECT pg_try_advisory_xact_lock(hashtext('job'))
----
SELECT pg_notify('jobs', $1)
----
SELECT set_config('app.user_id', $1, true)
----
SELECT set_config('search_path', '', false)
----
SELECT pg_sleep(0.1)
----
SELECT txid_current()
----
SELECT my_function(1, 'x')
----
SELECT app.charge_customer($1, $2)
----
SELECT * FROM report_for(2024) AS r
----
SELECT similarity(name, $1) FROM products ORDER BY name <-> $1
----
SELECT ST_Distance(a.geom, b.geom) FROM a, b
----
SELECT uuid_generate_v4()
----
SELECT * INTO TEMP recent FROM orders WHERE created_at > now() - interval '1 day'
----
SELECT lo_create(0)
----
SELECT pg_cancel_backend(1234)
----
SELECT query_to_xml('SELECT 1', true, false, '')
----
WITH gone AS (DELETE FROM sessions WHERE expires_at < now() RETURNING id) SELECT count(*) FROM gone
----
WITH ins AS (INSERT INTO t (a) VALUES (1) RETURNING *) SELECT * FROM ins
----
CREATE TABLE users (id bigserial PRIMARY KEY, email text NOT NULL UNIQUE, created_at timestamptz NOT NULL DEFAULT now())
----
CREATE TABLE IF NOT EXISTS "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY)
----
CREATE TABLE "shop_order" ("id" bigint NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, "total" numeric(10, 2) NOT NULL)
----
CREATE TEMP TABLE scratch (id int) ON COMMIT DROP
----
CREATE TEMPORARY TABLE staging (LIKE orders INCLUDING ALL) ON COMMIT DELETE ROWS
----
CREATE UNLOGGED TABLE cache (k text PRIMARY KEY, v jsonb)
----
CREATE TABLE copy AS SELECT * FROM orders WITH NO DATA
----
CREATE TABLE m (at timestamptz, v float8) PARTITION BY RANGE (at)
----
CREATE TABLE m_2024 PARTITION OF m FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
----
CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED, EXCLUDE USING gist (during WITH &&), CHECK (a > 0 AND b <> 5))
----
CREATE TABLE child (id int, parent_id int REFERENCES parent (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)
----
CREATE INDEX index_users_on_email ON users (email)
----
CREATE UNIQUE INDEX IF NOT EXISTS u ON users (lower(email)) WHERE deleted_at IS NULL
----
CREATE INDEX docs_search ON docs USING gin (to_tsvector('english', body))
----
CREATE INDEX ON orders (customer_id, created_at DESC) INCLUDE (total)
----
CREATE VIEW active_users AS SELECT * FROM users WHERE active
----
CREATE OR REPLACE VIEW v (a, b) AS SELECT 1, 2
----
CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(total) FROM orders GROUP BY 1 WITH DATA
----
CREATE RECURSIVE VIEW nums (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM nums WHERE n < 10
----
CREATE SEQUENCE invoice_seq START WITH 1000 INCREMENT BY 1
----
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')
----
CREATE TYPE address AS (street text, city text)
----
CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@]+@[^@]+$')
----
CREATE SCHEMA IF NOT EXISTS tenant_1 AUTHORIZATION app
----
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public
----
CREATE FUNCTION add(a int, b int) RETURNS int AS 'SELECT a + b' LANGUAGE sql IMMUTABLE
----
CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END; $$
----
CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql RETURN 1
----
CREATE PROCEDURE archive() LANGUAGE plpgsql AS $proc$ BEGIN DELETE FROM a; COMMIT; END $proc$
----
CREATE TRIGGER set_updated BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()
----
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR DELETE ON orders REFERENCING NEW TABLE AS n FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE PROCEDURE audit('x')
----
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_late()
----
CREATE RULE no_delete AS ON DELETE TO ledger DO INSTEAD NOTHING
----
CREATE POLICY own ON documents FOR SELECT USING (owner_id = current_setting('app.user_id')::int)
----
CREATE ROLE reader NOLOGIN
----
CREATE USER app WITH PASSWORD 'secret; COMMIT'
----
CREATE PUBLICATION p FOR TABLE orders
----
CREATE STATISTICS s (dependencies) ON city, zip FROM addresses
----
CREATE AGGREGATE product(numeric) (SFUNC = numeric_mul, STYPE = numeric, INITCOND = '1')
----
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)
----
CREATE CAST (text AS email) WITH INOUT AS ASSIGNMENT
----
CREATE COLLATION german (provider = icu, locale = 'de-DE')
----
CREATE FOREIGN TABLE remote (id int) SERVER s OPTIONS (table_name 'x')
----
ALTER TABLE users ADD COLUMN phone varchar(20)
----
ALTER TABLE "users" ADD "admin" boolean DEFAULT FALSE NOT NULL
----
ALTER TABLE users DROP COLUMN IF EXISTS phone CASCADE, ALTER COLUMN name TYPE text USING name::text
----
ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID
----
ALTER TABLE orders VALIDATE CONSTRAINT fk
----
ALTER TABLE a RENAME TO b
----
ALTER TABLE a RENAME COLUMN x TO y
----
ALTER TABLE t ENABLE ROW LEVEL SECURITY
----
ALTER TABLE t DISABLE TRIGGER ALL
----
ALTER TABLE m DETACH PARTITION m_2023
----
ALTER INDEX i RENAME TO j
----
ALTER SEQUENCE orders_id_seq RESTART WITH 1000
----
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ecstatic' BEFORE 'happy'
----
ALTER DATABASE app SET timezone TO 'UTC'
----
ALTER ROLE app SET statement_timeout = '5s'
----
ALTER FUNCTION add(int, int) OWNER TO app
----
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader
----
DROP TABLE IF EXISTS scratch, staging CASCADE
----
DROP INDEX IF EXISTS i
----
DROP VIEW v RESTRICT
----
DROP FUNCTION IF EXISTS add(int, int)
----
DROP TRIGGER set_updated ON users
----
DROP TYPE mood
----
DROP SCHEMA tenant_1 CASCADE
----
DROP EXTENSION hstore
----
DROP OWNED BY old_role
----
TRUNCATE TABLE logs
----
TRUNCATE a, b RESTART IDENTITY CASCADE
----
LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE
----
LOCK orders IN ACCESS EXCLUSIVE MODE NOWAIT
----
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO app
----
GRANT reader TO alice WITH ADMIN OPTION
----
REVOKE ALL ON orders FROM PUBLIC
----
COMMENT ON TABLE users IS 'It''s where users are; COMMIT'
----
COMMENT ON COLUMN users.email IS NULL
----
ANALYZE orders
----
ANALYZE VERBOSE orders (customer_id)
----
VACUUM (ANALYZE) orders
----
REINDEX TABLE orders
----
CLUSTER orders USING orders_pkey
----
REFRESH MATERIALIZED VIEW totals
----
REASSIGN OWNED BY a TO b
----
COPY orders TO '/tmp/orders.csv' WITH (FORMAT csv, HEADER true)
----
COPY (SELECT * FROM orders) TO STDOUT WITH CSV DELIMITER ';'
----
LISTEN jobs
----
NOTIFY jobs, 'payload; COMMIT'
----
UNLISTEN *
----
SET LOCAL statement_timeout = '2s'
----
SET LOCAL lock_timeout TO 500
----
SET LOCAL ROLE reader
----
SET LOCAL app.user_id = '42'
----
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ
----
SET TRANSACTION READ ONLY, DEFERRABLE
----
SET TRANSACTION SNAPSHOT '00000003-0000001B-1'
----
SET CONSTRAINTS ALL DEFERRED
----
SET CONSTRAINTS fk, other.fk2 IMMEDIATE
----
SET search_path TO tenant_1, public
----
SET TIME ZONE 'Europe/Berlin'
----
SET SESSION AUTHORIZATION DEFAULT
----
SET ROLE NONE
----
SET client_min_messages = warning
----
SET "app.tenant" = 'x'
----
RESET search_path
----
RESET ROLE
----
DECLARE cur NO SCROLL CURSOR FOR SELECT * FROM big
----
FETCH FORWARD 100 FROM cur
----
MOVE PRIOR IN cur
----
CLOSE cur
----
CLOSE ALL
----
PREPARE find (int) AS SELECT * FROM t WHERE id = $1
----
EXECUTE find(1)
----
DEALLOCATE find
----
DEALLOCATE ALL
----
DISCARD PLANS
----
DISCARD TEMP
----
EXPLAIN ANALYZE SELECT * FROM orders
----
EXPLAIN (ANALYZE, BUFFERS, FORMAT TEXT) UPDATE orders SET total = 0
----
SECURITY LABEL FOR dummy ON TABLE t IS 'x'
----
IMPORT FOREIGN SCHEMA public FROM SERVER s INTO local
----
CHECKPOINT
----
LOAD 'auto_explain'
----
CREATE TABLE "COMMIT" ("BEGIN" int, "END; ROLLBACK" int)
----
CREATE TABLE jobs (begin timestamptz, "end" timestamptz)
==== any
SELECT 1; SELECT 2
----
SELECT 1; -- one
SELECT 2; /* two; COMMIT */
SELECT 'three; COMMIT';
----
CREATE TABLE a (id int);
CREATE INDEX a_id ON a (id);
INSERT INTO a VALUES (1), (2);
----
ALTER TABLE users ADD COLUMN nick text;
UPDATE users SET nick = lower(name);
ALTER TABLE users ALTER COLUMN nick SET NOT NULL;
----
-- Migration 20240101: roles; commit messages are in another table
CREATE TYPE role AS ENUM ('admin', 'user');
ALTER TABLE users ADD role role NOT NULL DEFAULT 'user';
COMMENT ON COLUMN users.role IS 'who; what';
----
DROP TRIGGER IF EXISTS set_updated ON users;
CREATE TRIGGER set_updated BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
----
CREATE OR REPLACE FUNCTION touch() RETURNS trigger AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER touch BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION touch();
----
CREATE FUNCTION total(o bigint) RETURNS numeric LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT sum(qty * price) FROM lines WHERE order_id = o;
END
----
CREATE OR REPLACE PROCEDURE purge(days int)
BEGIN ATOMIC
    DELETE FROM logs WHERE at < now() - make_interval(days => days);
    INSERT INTO purges DEFAULT VALUES;
END;
----
CREATE FUNCTION grade(n int) RETURNS text RETURNS NULL ON NULL INPUT
BEGIN ATOMIC
    SELECT CASE WHEN n > 90 THEN 'a' ELSE 'b' END;
END;
CREATE TABLE graded (n int, g text);
----
CREATE RULE log_delete AS ON DELETE TO users DO ALSO (INSERT INTO log VALUES (OLD.id); NOTIFY users)
----
DO $$
DECLARE
    t text;
BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER TABLE %I ADD COLUMN IF NOT EXISTS tenant int', t);
    END LOOP;
END
$$;
SELECT 1;
----
SET LOCAL lock_timeout = '1s';
ALTER TABLE big ADD COLUMN flag boolean;
----
SET CONSTRAINTS ALL DEFERRED; UPDATE a SET id = id + 1
----
SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
----
SELECT set_config($1, $2, true)
----
RESET ALL
----
DISCARD ALL
----
LOCK TABLE a IN EXCLUSIVE MODE; SELECT max(id) FROM a;
----
CREATE SCHEMA app
    CREATE TABLE t (id int)
    CREATE VIEW v AS SELECT id FROM t
----
CREATE TABLE events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- begin and end of it
    begins_at timestamptz NOT NULL,
    ends_at timestamptz, /* open; if null */
    CHECK (ends_at > begins_at)
);
CREATE INDEX ON events (begins_at);
----
WITH RECURSIVE reports AS (
    SELECT id, manager_id, name, ARRAY[id] AS path
    FROM staff
    WHERE manager_id IS NULL
    UNION ALL
    SELECT s.id, s.manager_id, s.name, r.path || s.id
    FROM staff s
    JOIN reports r ON r.id = s.manager_id
    WHERE s.id <> ALL (r.path)
)
SELECT repeat('  ', array_length(path, 1)) || name
FROM reports
ORDER BY path
----
WITH months AS (
    SELECT generate_series(date '2024-01-01', date '2024-12-01', interval '1 month') AS m
), revenue AS (
    SELECT date_trunc('month', paid_at) AS m, sum(total) AS total
    FROM invoices
    WHERE status = 'paid'
    GROUP BY 1
)
SELECT to_char(m, 'Mon'), coalesce(total, 0), sum(coalesce(total, 0)) OVER (ORDER BY m)
FROM months LEFT JOIN revenue USING (m)
----
INSERT INTO templates (name, body) VALUES
    ('welcome', 'Hello {{name}};
Please COMMIT to this.'),
    ('bye', $t$Don't ROLLBACK; just leave.$t$);
----
INSERT INTO settings VALUES ('a', 'x\'); SELECT 1
----
SELECT E'\'; COMMIT; --', 1; SELECT 2
----
SELECT '\'
----
COPY users (id, email) FROM STDIN
----
CREATE VIEW "odd;name" AS SELECT ';' AS ";", $a$;$a$ AS b; DROP VIEW "odd;name"
----
CREATE FUNCTION outer_one() RETURNS text LANGUAGE plpgsql AS $outer$
BEGIN
    EXECUTE $inner$ SELECT 'BEGIN; COMMIT;' $inner$;
    RETURN $x$ ROLLBACK; $x$;
END
$outer$;
SELECT outer_one();
----
GRANT USAGE ON SCHEMA app TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA app TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader;
----
DELETE FROM a WHERE id = 1; DELETE FROM b WHERE a_id = 1
----
-- only a comment; COMMIT
----
/* nothing
   /* nested */
   here; ROLLBACK */
----
;
----
CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree);
WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 10) INSERT INTO tree SELECT n, n / 2 FROM t;
ANALYZE tree;
----
PREPARE plan AS SELECT * FROM a; EXECUTE plan; DEALLOCATE plan
----
DECLARE c CURSOR FOR SELECT 1; FETCH ALL FROM c; CLOSE c
----
EXPLAIN SELECT my_function(1)
----
EXPLAIN (ANALYZE) WITH a AS (SELECT 1) SELECT * FROM a
----
SELECT a FROM t WHERE b = $1 AND c = '{"k": "v;"}'; SELECT count(*) FROM t
----
UPDATE a SET v = v + 1 WHERE id = 1;
UPDATE b SET v = v - 1 WHERE id = 1;
SELECT v FROM a WHERE id = 1;
----
ALTER TABLE a ADD COLUMN "end" int; ALTER TABLE a ADD COLUMN "commit" text DEFAULT ';'
----
TRUNCATE a; INSERT INTO a SELECT * FROM b; REFRESH MATERIALIZED VIEW c
----
CALL refresh(); SELECT 1
----
DROP TABLE IF EXISTS a; DROP TABLE IF EXISTS b; CREATE TABLE a (LIKE b)
----
SELECT id, "a", 'b' FROM "c" WHERE d = E'\\' AND e = 'f\g'
----
SELECT * FROM crosstab('SELECT a, b, c FROM t ORDER BY 1', 'VALUES (1), (2)') AS ct(a int, b int, c int)
----
SELECT * FROM dblink('dbname=other', 'SELECT id FROM t') AS t(id int)
----
UPDATE public.settings SET value = 'C:\temp\' || 'x' WHERE key = 'path' AND 'a' = 'a'
----
CALL archive(1, NULL)
----
DO $$ BEGIN PERFORM 1; EXCEPTION WHEN others THEN RAISE NOTICE 'x'; END $$
----
DO LANGUAGE plpgsql $do$ DECLARE r record; BEGIN FOR r IN SELECT 1 LOOP RAISE NOTICE '%', r; END LOOP; END $do$
