//! Tables of statements and what they are.

use super::{Grammar, StatementKind, inspect};
use Grammar::{MySql, Postgres, Sqlite};
use StatementKind::{Commits, Control, Opaque, Other, Reads, Writes};

const ALL: [Grammar; 3] = [Postgres, MySql, Sqlite];

fn assert_kind(grammar: Grammar, sql: &str, expected: &StatementKind) {
    assert_eq!(
        &inspect(sql, grammar, false),
        expected,
        "{grammar:?}: {sql}"
    );
}

fn assert_control(grammar: Grammar, sql: &str, words: &str) {
    assert_kind(grammar, sql, &Control(words.into()));
}

fn assert_commits(sql: &str, words: &str) {
    assert_kind(MySql, sql, &Commits(words.into()));
}

#[test]
fn control_is_seen_through_blanks_and_comments() {
    for grammar in ALL {
        for (sql, words) in [
            ("COMMIT", "COMMIT"),
            (" commit ;", "COMMIT"),
            ("-- done\ncommit", "COMMIT"),
            ("/* x */ Rollback", "ROLLBACK"),
            (";;END", "END"),
            ("SAVEPOINT mine", "SAVEPOINT"),
            ("release savepoint mine", "RELEASE"),
            ("ROLLBACK TO SAVEPOINT aftercommit_1", "ROLLBACK"),
            ("BEGIN", "BEGIN"),
            ("SELECT 1; COMMIT", "COMMIT"),
            ("SELECT ';'; -- ;\n /* ; */ rollback", "ROLLBACK"),
            ("SELECT 'a''b'; END", "END"),
            ("SELECT 'a\\\\'; END", "END"),
            ("SELECT '\\d+'; END", "END"),
            ("INSERT INTO t VALUES (1);\n\nCOMMIT;", "COMMIT"),
        ] {
            assert_control(grammar, sql, words);
        }
    }
    assert_control(Postgres, "START TRANSACTION", "START");
    assert_control(MySql, "START TRANSACTION", "START TRANSACTION");
    assert_control(MySql, "# x\nXA START 'a'", "XA");
    assert_control(Postgres, "ABORT", "ABORT");
    assert_control(Postgres, "PREPARE TRANSACTION 'a'", "PREPARE TRANSACTION");
    assert_control(Postgres, "COMMIT PREPARED 'a'", "COMMIT");
}

#[test]
fn words_that_only_look_like_control_are_not() {
    for grammar in ALL {
        for sql in [
            "SELECT 1",
            "SELECT ';COMMIT'",
            "SELECT \"a;COMMIT\" -- ; COMMIT",
            "",
            "--",
            ";",
        ] {
            assert_kind(grammar, sql, &Reads);
        }
        assert_kind(grammar, "INSERT INTO commits VALUES (1)", &Writes);
        assert_kind(grammar, "committed", &Opaque);
    }
    assert_kind(
        Postgres,
        "SELECT $$;COMMIT$$ || $a$;COMMIT$a$, a$b$c",
        &Reads,
    );
    assert_kind(Postgres, "PREPARE transaction AS SELECT 1", &Other);
    assert_kind(MySql, "SELECT `a;COMMIT`", &Reads);
    assert_kind(Sqlite, "SELECT [a;COMMIT], `;END`", &Reads);
    assert_kind(Sqlite, "EXPLAIN COMMIT", &Reads);
}

/// What is a string, a comment or a statement under one setting of the session and not under another.
#[test]
fn a_text_that_can_be_read_in_two_ways_is_opaque() {
    for (grammar, sql) in [
        (Postgres, "SELECT '\\'; COMMIT; --'"),
        (Postgres, "SELECT E'a'\n'\\'; COMMIT; --'"),
        (MySql, "SELECT '\\'; COMMIT; -- '"),
        (MySql, "SELECT \"\\\"; COMMIT; -- \""),
        (MySql, "SELECT [a; COMMIT; ]"),
        (MySql, "/*!99999 COMMIT */"),
        (MySql, "/*M! COMMIT */"),
        (MySql, "/*M!100100 COMMIT */"),
        (MySql, "SELECT 1 /*!80000 ; COMMIT */"),
        (MySql, "/*!1 COMMIT */"),
        (MySql, "/*! SELECT 1; COMMIT */"),
        (Sqlite, "\u{feff}COMMIT"),
        (Sqlite, "SELECT $a(; COMMIT; --"),
        (Sqlite, "SELECT 1; SELECT @a::b(';'); COMMIT"),
        (Postgres, "SELECT 1\0; COMMIT"),
        (Postgres, "SELECT 'never closed; COMMIT"),
        (Postgres, "SELECT $a$ never closed; COMMIT"),
        (Postgres, "/* /* */ COMMIT"),
        (Postgres, "SELECT (1; COMMIT"),
        (Postgres, "SELECT 1); COMMIT"),
    ] {
        assert_kind(grammar, sql, &Opaque);
    }
}

#[test]
fn each_server_has_comments_and_strings_of_its_own() {
    assert_control(Postgres, "/* a /* b */ c */ COMMIT", "COMMIT");
    assert_control(Postgres, "SELECT E'\\''; COMMIT", "COMMIT");
    assert_control(Postgres, "SELECT E'\\\\'; COMMIT", "COMMIT");
    assert_control(Postgres, "-- a\rCOMMIT", "COMMIT");
    assert_control(Postgres, "SELECT 1 # 2; COMMIT", "COMMIT");
    assert_control(Postgres, "SELECT $1$a$;$a$; COMMIT", "COMMIT");
    assert_control(MySql, "SELECT 5--1; COMMIT", "COMMIT");
    assert_control(MySql, "# a\nCOMMIT", "COMMIT");
    assert_control(MySql, "/*!50003 COMMIT */", "COMMIT");
    assert_control(MySql, "/*! COMMIT */", "COMMIT");
    assert_kind(MySql, "SELECT 5-- 1; COMMIT", &Reads);
    assert_kind(MySql, "-- a\rCOMMIT", &Reads);
    assert_kind(Sqlite, "SELECT '\\' || '; COMMIT'", &Reads);
    assert_kind(Postgres, "SELECT E'\\'; COMMIT'", &Reads);
    assert_kind(Postgres, "SELECT 5--1; COMMIT", &Reads);
}

#[test]
fn what_commits_on_mysql_is_named() {
    for (sql, words) in [
        ("create table t (id int)", "CREATE TABLE"),
        ("CREATE OR REPLACE TABLE t (id int)", "CREATE TABLE"),
        ("/*!40000 ALTER TABLE t DISABLE KEYS */", "ALTER TABLE"),
        (
            "CREATE TEMPORARY TABLE a (id INT); ALTER TABLE b ADD c INT",
            "ALTER TABLE",
        ),
        ("TRUNCATE t", "TRUNCATE T"),
        ("ANALYZE TABLE t", "ANALYZE TABLE"),
        ("LOAD INDEX INTO CACHE t", "LOAD INDEX"),
        ("START SLAVE", "START SLAVE"),
        ("SET PASSWORD = 'a'", "SET PASSWORD"),
        ("SET autocommit = 1", "SET AUTOCOMMIT"),
        ("SET @@autocommit = 1", "SET AUTOCOMMIT"),
        ("SET SESSION autocommit = 1", "SET AUTOCOMMIT"),
        ("SET LOCAL autocommit = 1", "SET AUTOCOMMIT"),
        ("SET @@session.autocommit = 1", "SET AUTOCOMMIT"),
        ("SET @@ LOCAL . `autocommit` = 1", "SET AUTOCOMMIT"),
        ("SET `autocommit` := ON", "SET AUTOCOMMIT"),
        (
            "SET @a = (1, 2), @b = @@autocommit, autocommit = 0",
            "SET AUTOCOMMIT",
        ),
        (
            "SET @@global.autocommit = 1, @@autocommit = 1",
            "SET AUTOCOMMIT",
        ),
        ("SET /* x */ autocommit=0", "SET AUTOCOMMIT"),
    ] {
        assert_commits(sql, words);
    }
    for sql in [
        "create temporary table t (id int)",
        "CREATE OR REPLACE TEMPORARY TABLE t (id int)",
        "DROP TEMPORARY TABLE IF EXISTS t",
        "ANALYZE SELECT 1",
        "ANALYZE FORMAT=JSON UPDATE t SET a = 1",
        "SET @old = @@autocommit",
        "SET GLOBAL autocommit = 1",
        "SET @autocommit = 1, @x = 'autocommit = 1'",
        "SET NAMES utf8mb4",
        "SET sql_mode = ''",
    ] {
        assert_kind(MySql, sql, &Other);
    }
    assert_kind(Postgres, "create table t (id int)", &Other);
    assert_kind(Sqlite, "create table t (id int)", &Other);
}

#[test]
fn the_next_transactions_begin_as_the_pool_expects() {
    for (grammar, sql, words) in [
        (
            MySql,
            "SET SESSION TRANSACTION READ ONLY",
            "SET SESSION TRANSACTION",
        ),
        (
            MySql,
            "SET LOCAL TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "SET SESSION TRANSACTION",
        ),
        (
            MySql,
            "SET tx_isolation = 'SERIALIZABLE'",
            "SET TX_ISOLATION",
        ),
        (
            MySql,
            "SET @@session.transaction_read_only = 1",
            "SET TRANSACTION_READ_ONLY",
        ),
        (
            MySql,
            "SET @a = 1, completion_type = CHAIN",
            "SET COMPLETION_TYPE",
        ),
        (
            Postgres,
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "SET SESSION CHARACTERISTICS",
        ),
        (
            Postgres,
            "SET default_transaction_isolation = 'serializable'",
            "SET DEFAULT_TRANSACTION_ISOLATION",
        ),
        (
            Postgres,
            "SET SESSION \"Default_Transaction_Read_Only\" TO on",
            "SET DEFAULT_TRANSACTION_READ_ONLY",
        ),
        (
            Sqlite,
            "PRAGMA read_uncommitted = 1",
            "PRAGMA READ_UNCOMMITTED",
        ),
        (
            Sqlite,
            "PRAGMA main.read_uncommitted(1)",
            "PRAGMA READ_UNCOMMITTED",
        ),
    ] {
        assert_control(grammar, sql, words);
    }
    for (grammar, sql) in [
        (Postgres, "RESET ALL"),
        (Postgres, "DISCARD ALL"),
        (Postgres, "RESET default_transaction_isolation"),
        (
            Postgres,
            "SET U&\"default\\005ftransaction_isolation\" = 'serializable'",
        ),
        (Postgres, "SELECT set_config($1, $2, false)"),
        (
            Postgres,
            "SELECT pg_catalog.set_config('default_transaction_isolation', 'serializable', false)",
        ),
        (MySql, "SET NAMES gbk"),
        (MySql, "SET CHARACTER SET latin1"),
        (MySql, "SET character_set_client = gbk"),
        (MySql, "SET STATEMENT max_statement_time = 1 FOR COMMIT"),
    ] {
        assert_kind(grammar, sql, &Opaque);
    }
    for (grammar, sql) in [
        (Postgres, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"),
        (
            Postgres,
            "SET LOCAL default_transaction_isolation = 'serializable'",
        ),
        (Postgres, "SET search_path = a, b"),
        (Postgres, "SET SESSION statement_timeout TO '1s'"),
        (Postgres, "RESET search_path"),
        (Postgres, "SELECT set_config('app.tenant', $1, true)"),
        (MySql, "SET GLOBAL TRANSACTION READ WRITE"),
        (MySql, "SET TRANSACTION READ ONLY"),
    ] {
        assert_kind(grammar, sql, &Other);
    }
}

#[test]
fn what_can_run_others_is_opaque() {
    for sql in [
        "CALL sly()",
        "SELECT 1; call sly()",
        "BEGIN NOT ATOMIC COMMIT; END",
        "EXECUTE IMMEDIATE 'COMMIT'",
        "PREPARE s FROM 'COMMIT'; EXECUTE s",
        "DO sly()",
        "IF 1 THEN COMMIT; END IF",
        "l: LOOP COMMIT; END LOOP",
        "SELECT 1 /*! + 1 */",
    ] {
        assert_kind(MySql, sql, &Opaque);
    }
    assert_kind(Postgres, "CALL sly()", &Opaque);
    assert_kind(Postgres, "DO $$ BEGIN COMMIT; END $$", &Opaque);
    assert_kind(Postgres, "EXECUTE sly(1)", &Other);
    assert_kind(Sqlite, "INSERT OR ROLLBACK INTO t VALUES (1)", &Opaque);
    assert_kind(
        Sqlite,
        "WITH a AS (SELECT 1) UPDATE OR ROLLBACK t SET a = 1",
        &Opaque,
    );
    assert_kind(Sqlite, "UPDATE OR IGNORE t SET a = 1", &Writes);
}

#[test]
fn bodies_are_not_refused() {
    let function =
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END";
    assert_kind(Postgres, function, &Opaque);
    assert_eq!(inspect(function, Postgres, true), Other);
    // Where the body ends cannot be told from its words.
    let hidden =
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 case; END; COMMIT; SELECT 2 end";
    assert_kind(Postgres, hidden, &Opaque);
    for sql in [
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END",
        "DROP TRIGGER t; CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;",
        "EXPLAIN CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END",
    ] {
        assert_kind(Sqlite, sql, &Opaque);
    }
    assert_kind(
        Postgres,
        "CREATE RULE r AS ON INSERT TO a DO ALSO (DELETE FROM b; DELETE FROM c)",
        &Opaque,
    );
}

#[test]
fn only_plain_reading_reads() {
    for (grammar, sql) in [
        (Postgres, "SELECT * FROM t FOR UPDATE"),
        (Postgres, "SELECT * FROM t FOR /* x */ NO KEY UPDATE OF t"),
        (Postgres, "SELECT * FROM t FOR SHARE"),
        (Postgres, "SELECT * INTO u FROM t"),
        (
            Postgres,
            "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a",
        ),
        (Postgres, "SELECT nextval('s')"),
        (Postgres, "SELECT nextval ('s')"),
        (Postgres, "SELECT DISTINCT ON (a) nextval('s') FROM t"),
        (Postgres, "SELECT \"nextval\"('s')"),
        (Postgres, "SELECT app.lower('s')"),
        (Postgres, "SELECT a.pg_catalog.lower('s')"),
        (Postgres, "SELECT pg_catalog.nextval('s')"),
        (
            Postgres,
            "SELECT CASE WHEN true THEN (SELECT setval('s', 1)) END",
        ),
        (
            Postgres,
            "WITH a AS (SELECT pg_notify('a', 'b')) SELECT * FROM a",
        ),
        (Postgres, "EXPLAIN ANALYZE DELETE FROM t"),
        (Postgres, "EXPLAIN (ANALYZE, BUFFERS) SELECT 1"),
        (MySql, "SELECT 1 INTO @a"),
        (MySql, "SELECT 1 INTO OUTFILE 'a'"),
        (MySql, "SELECT @a := 1"),
        (MySql, "SELECT * FROM t LOCK IN SHARE MODE"),
        (MySql, "SELECT * FROM t FOR UPDATE SKIP LOCKED"),
        (MySql, "SELECT NEXT VALUE FOR s"),
        (MySql, "SELECT s.nextval"),
        (MySql, "SELECT GET_LOCK('a', 1)"),
        (MySql, "SELECT count (*) FROM t"),
        (MySql, "SELECT app.now()"),
        (Sqlite, "SELECT load_extension('a')"),
        (Sqlite, "SELECT * FROM pragma_table_info('t')"),
        (Sqlite, "PRAGMA user_version = 1"),
        (Sqlite, "PRAGMA optimize"),
    ] {
        assert_kind(grammar, sql, &Other);
    }
    assert_kind(Postgres, "REPLACE INTO t VALUES (1)", &Opaque);
    assert_kind(
        MySql,
        "MERGE INTO t USING u ON true WHEN MATCHED THEN DO NOTHING",
        &Opaque,
    );
    assert_kind(Sqlite, "PRAGMA query_only = 1", &Opaque);
}

#[test]
fn several_statements_are_opaque_and_one_with_a_separator_is_not() {
    for grammar in ALL {
        assert_kind(grammar, "SELECT 1; SELECT 2", &Opaque);
        assert_kind(grammar, "SELECT 1; DELETE FROM t;", &Opaque);
        assert_kind(grammar, "; SELECT 1; ; -- end", &Reads);
        assert_kind(grammar, "DELETE FROM t;\n", &Writes);
    }
}

/// Where the protocol carries one statement, its first words tell what it may do.
#[test]
fn a_prepared_statement_is_judged_by_its_first_words() {
    for grammar in [Postgres, MySql] {
        let single = |sql| inspect(sql, grammar, true);
        assert_eq!(single("INSERT INTO t VALUES ('\\'', 1)"), Writes);
        assert_eq!(single("SELECT '\\'', f(1)"), Other);
        assert_eq!(single("SELECT '\\\\', 1"), Reads);
        assert_eq!(single("/* a */ -- b\n COMMIT"), Control("COMMIT".into()));
        assert_eq!(single("SELECT 1"), Reads);
        assert_eq!(single("nonsense"), Opaque);
    }
    assert_eq!(
        inspect("SET x = '\\'', autocommit = 1", MySql, true),
        Opaque
    );
    assert_eq!(inspect("SELECT 1 /*! + 1 */", MySql, true), Opaque);
}
