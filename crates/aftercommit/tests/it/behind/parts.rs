//! What the messages of each dialect are made of.

use super::message::{Hole, Parts};

const fn hole(name: &'static str, forms: &'static [&'static [&'static str]]) -> Hole {
    Hole {
        name,
        open_without_probe: true,
        forms,
    }
}

/// One that the server closes by itself.
const fn closed(name: &'static str, forms: &'static [&'static [&'static str]]) -> Hole {
    Hole {
        name,
        open_without_probe: false,
        forms,
    }
}

const TAILS: &[&str] = &[
    ";",
    "; SELECT 1",
    " -- over",
    "; INSERT INTO item (id) VALUES ({id})",
    "; SELECT 'a;b'; ",
];

pub const POSTGRES: Parts = Parts {
    holes: &[
        hole(
            "behind CREATE",
            &[
                &["{veil}CREATE TEMP TABLE IF NOT EXISTS z (v int); {end}"],
                &["CREATE TEMP TABLE IF NOT EXISTS z (v int); {veil}{end}"],
                &[
                    "CREATE OR REPLACE FUNCTION sly() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END; {end}",
                ],
            ],
        ),
        hole(
            "nested comment",
            &[
                &["{veil}/* a /* b */ c */ {end}"],
                &["/* /* */ ' */ {veil}{end}"],
                &["SELECT 1 /* /* ' */ */; {veil}{end}"],
            ],
        ),
        hole(
            "escape string",
            &[
                &["SELECT E'\\''; {veil}{end}"],
                &["{veil}SELECT E'a\\'b', e'\\\\'; {end}"],
                &["SELECT E'a'\n'\\''; {veil}{end}"],
                &["SELECT 'a\\'; {end}"],
            ],
        ),
        hole(
            "dollar quote",
            &[
                &["SELECT $a$ ' $a$; {veil}{end}"],
                &["{veil}SELECT $$;$$, $a$$$a$; {end}"],
                &["SELECT 1 AS a$b, 'x' AS c$b; {veil}{end}"],
            ],
        ),
        hole(
            "one after another",
            &[&["{veil}SELECT 1; {end}"], &["{veil}{end}"]],
        ),
        hole(
            "chain",
            &[
                &["{veil}ROLLBACK AND CHAIN"],
                &["{veil}COMMIT AND CHAIN"],
                &["{veil}END WORK AND CHAIN"],
            ],
        ),
        hole(
            "the block's savepoint",
            &[
                &["{veil}ROLLBACK TO aftercommit_1"],
                &["{veil}ROLLBACK TO SAVEPOINT aftercommit_1; SAVEPOINT aftercommit_1"],
                &["{veil}ROLLBACK; BEGIN; SAVEPOINT aftercommit_1"],
            ],
        ),
        hole(
            "a savepoint of its own",
            &[
                &["{veil}SAVEPOINT mine", "{row}", "{veil}ROLLBACK TO mine"],
                &[
                    "{veil}SAVEPOINT mine; SAVEPOINT yours",
                    "{row}",
                    "{veil}ROLLBACK TO mine; SELECT 1",
                ],
            ],
        ),
        closed(
            "prepare transaction",
            &[
                &["{veil}PREPARE TRANSACTION 'sly'"],
                &["{veil}PREPARE TRANSACTION 'sly'; BEGIN"],
            ],
        ),
        hole(
            "isolation",
            &[
                &["{veil}SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
                &["{veil}SET default_transaction_isolation = 'serializable'"],
                &["{veil}SET SESSION \"default_transaction_deferrable\" TO on"],
                &["SET U&\"default\\005ftransaction_isolation\" = 'serializable'"],
                &["SELECT set_config('default_transaction_isolation', 'repeatable read', false)"],
                &[
                    "{veil}SELECT set_config('default_' || 'transaction_isolation', 'serializable', false)",
                ],
                &[
                    "DO $$ BEGIN PERFORM set_config('default_transaction_isolation', 'serializable', false); END $$",
                ],
                &["CALL sly_isolation()"],
            ],
        ),
        closed(
            "procedure",
            &[
                &["CALL sly_commit()"],
                &["{veil}CALL sly_rollback()"],
                &["DO $$ BEGIN COMMIT; END $$"],
                &["DO $$ BEGIN EXECUTE 'ROLLBACK'; END $$"],
            ],
        ),
        closed(
            "harmless",
            &[
                &["{veil}SELECT 1"],
                &["SELECT ';COMMIT', $$; ROLLBACK;$$"],
                &["/* ; COMMIT */ SELECT 1; -- ROLLBACK"],
                &["CREATE TEMP TABLE IF NOT EXISTS z (v int); {veil}INSERT INTO z VALUES (1)"],
                &["DO $$ BEGIN PERFORM 1; END $$"],
                &["{veil}SELECT 1 / 0"],
                &["{veil}no such statement"],
            ],
        ),
    ],
    veils: &[
        "SELECT 'a\\'; ",
        "SELECT 1, '\\'; ",
        "CREATE OR REPLACE FUNCTION sly() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END; ",
    ],
    ends: &[
        "ROLLBACK",
        "COMMIT",
        "END",
        "ABORT",
        "ROLLBACK; BEGIN",
        "COMMIT; BEGIN",
        "COMMIT; START TRANSACTION",
        "ROLLBACK; BEGIN ISOLATION LEVEL SERIALIZABLE",
        "ROLLBACK TO aftercommit_1",
        "ROLLBACK; INSERT INTO item (id) VALUES ({id}); COMMIT; BEGIN; SELECT 1 / 0",
        "ROLLBACK; INSERT INTO item (id) VALUES ({id}); BEGIN; SELECT 1 / 0",
    ],
    tails: TAILS,
};

pub const MYSQL: Parts = Parts {
    holes: &[
        hole(
            "behind CREATE",
            &[
                &["{veil}CREATE TEMPORARY TABLE IF NOT EXISTS z (v INT); {end}"],
                &["CREATE TEMPORARY TABLE IF NOT EXISTS z (v INT); {veil}{end}"],
            ],
        ),
        hole(
            "executable comment",
            &[
                &["/*! {end} */"],
                &["/*!50000 {end} */"],
                &["/*M! {end} */"],
                &["/*M!100100 {end} */"],
                &["{veil}SELECT 1; /*M!100000 {end} */"],
                &["SELECT 1 /*!99999 ; */; {veil}{end}"],
            ],
        ),
        hole(
            "SET STATEMENT",
            &[
                &["SET STATEMENT max_statement_time = 9 FOR TRUNCATE sly_real"],
                &[
                    "{veil}SET STATEMENT sort_buffer_size = 100000 FOR ALTER TABLE sly_real COMMENT 'a'",
                ],
                &[
                    "SET STATEMENT max_statement_time = 9 FOR CREATE TABLE IF NOT EXISTS sly_more (id INT)",
                ],
            ],
        ),
        hole(
            "autocommit",
            &[
                &["{veil}SET autocommit = 0"],
                &["{veil}SET @@autocommit = 0"],
                &["{veil}SET SESSION autocommit = OFF"],
                &["{veil}SET LOCAL autocommit = 0, @a = 1"],
                &["{veil}SET @a = 1, @@session.autocommit = 0"],
                &["/*M!100100 SET autocommit = 0 */"],
                &["EXECUTE IMMEDIATE 'SET autocommit = 0'"],
                &["CALL sly_autocommit()"],
            ],
        ),
        hole(
            "minus without a blank",
            &[
                &["{veil}SELECT 5--1; {end}"],
                &["SELECT 5--1, 'a\\''; {end}"],
                &["SELECT 1 # {veil}\n; {veil}{end}"],
            ],
        ),
        hole(
            "behind a temporary table",
            &[
                &[
                    "{veil}CREATE TEMPORARY TABLE IF NOT EXISTS z (v INT); ALTER TABLE sly_real COMMENT 'b'",
                ],
                &["CREATE TEMPORARY TABLE IF NOT EXISTS z (v INT); {veil}TRUNCATE sly_real"],
                &["{veil}DROP TEMPORARY TABLE IF EXISTS z; DROP TABLE IF EXISTS sly_none"],
            ],
        ),
        hole(
            "EXECUTE IMMEDIATE",
            &[
                &["EXECUTE IMMEDIATE 'TRUNCATE sly_real'"],
                &["EXECUTE IMMEDIATE CONCAT('COM', 'MIT')"],
                &["{veil}EXECUTE IMMEDIATE 'ROLLBACK'"],
                &["PREPARE s FROM 'COMMIT'; EXECUTE s"],
                &["PREPARE s FROM 'ROLLBACK'", "EXECUTE s"],
            ],
        ),
        hole(
            "procedure",
            &[
                &["CALL sly_commit()"],
                &["{veil}CALL sly_rollback()"],
                &["CALL sly_begin()"],
                &["CALL sly_ddl()"],
            ],
        ),
        hole(
            "compound statement",
            &[
                &["BEGIN NOT ATOMIC COMMIT; END"],
                &["BEGIN NOT ATOMIC ROLLBACK; START TRANSACTION; END"],
                &["IF 1 THEN COMMIT; END IF"],
                &["{veil}FOR i IN 1..1 DO ROLLBACK; END FOR"],
            ],
        ),
        hole(
            "one after another",
            &[&["{veil}SELECT 1; {end}"], &["{veil}{end}"]],
        ),
        hole(
            "chain",
            &[
                &["{veil}ROLLBACK AND CHAIN"],
                &["{veil}COMMIT AND CHAIN"],
                &["{veil}COMMIT AND CHAIN NO RELEASE"],
            ],
        ),
        hole(
            "the block's savepoint",
            &[
                &["{veil}ROLLBACK TO aftercommit_1"],
                &["{veil}ROLLBACK; BEGIN; SAVEPOINT aftercommit_1"],
                &["BEGIN NOT ATOMIC ROLLBACK TO aftercommit_1; END"],
            ],
        ),
        hole(
            "a savepoint of its own",
            &[
                &["{veil}SAVEPOINT mine", "{row}", "{veil}ROLLBACK TO mine"],
                &[
                    "EXECUTE IMMEDIATE 'SAVEPOINT mine'",
                    "{row}",
                    "EXECUTE IMMEDIATE 'ROLLBACK TO mine'",
                ],
            ],
        ),
        hole(
            "isolation",
            &[
                &["{veil}SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
                &["{veil}SET tx_isolation = 'SERIALIZABLE'"],
                &["{veil}SET @@session.tx_read_only = 1"],
                &["{veil}SET completion_type = 'CHAIN'"],
                &["EXECUTE IMMEDIATE 'SET SESSION TRANSACTION READ ONLY'"],
            ],
        ),
        closed(
            "XA",
            &[
                &["{veil}XA START 'a'"],
                &["{veil}XA END 'a'; XA PREPARE 'a'"],
            ],
        ),
        closed(
            "harmless",
            &[
                &["{veil}SELECT 1"],
                &["SELECT ';COMMIT', \"; ROLLBACK;\", `a;b` FROM (SELECT 1 AS `a;b`) t # COMMIT"],
                &["/* ; COMMIT */ SELECT 1; -- ROLLBACK"],
                &["CREATE TEMPORARY TABLE IF NOT EXISTS z (v INT); {veil}INSERT INTO z VALUES (1)"],
                &["CALL sly_nothing()"],
                &["SET @@global.autocommit = 1"],
                &["{veil}no such statement"],
            ],
        ),
    ],
    veils: &[
        "SELECT 'a\\''; ",
        "SELECT \"\\\"\", 1; ",
        "SELECT /*M!100100 1 + */ 1; ",
        "DO 1; SELECT 'it\\'s'; ",
    ],
    ends: &[
        "ROLLBACK",
        "COMMIT",
        "ROLLBACK; BEGIN",
        "COMMIT; BEGIN",
        "COMMIT; START TRANSACTION",
        "BEGIN",
        "START TRANSACTION",
        "TRUNCATE sly_real",
        "ALTER TABLE sly_real COMMENT 'c'",
        "ANALYZE TABLE sly_real",
        "LOCK TABLES sly_real READ; UNLOCK TABLES",
        "ROLLBACK TO aftercommit_1",
    ],
    tails: TAILS,
};

pub const SQLITE: Parts = Parts {
    holes: &[
        hole(
            "behind CREATE",
            &[
                &["{veil}CREATE TEMP TABLE IF NOT EXISTS z (v INT); {end}"],
                &["CREATE TEMP TABLE IF NOT EXISTS z (v INT); {veil}{end}"],
                &[
                    "CREATE TEMP TRIGGER IF NOT EXISTS sly AFTER INSERT ON z BEGIN SELECT 1; END; {end}",
                ],
            ],
        ),
        hole(
            "odd blanks and parameters",
            &[
                &["\u{feff}{end}"],
                &["SELECT $a(;); {end}"],
                &["SELECT :a::b(x); {end}"],
                &["SELECT [a;b] FROM (SELECT 1 AS [a;b]); {veil}{end}"],
            ],
        ),
        hole(
            "one after another",
            &[&["{veil}SELECT 1; {end}"], &["{veil}{end}"]],
        ),
        hole(
            "the block's savepoint",
            &[
                &["{veil}ROLLBACK TO aftercommit_1"],
                &["{veil}ROLLBACK; BEGIN; SAVEPOINT aftercommit_1"],
                &["{veil}RELEASE aftercommit_1; SAVEPOINT aftercommit_1"],
            ],
        ),
        hole(
            "a savepoint of its own",
            &[
                &["{veil}SAVEPOINT mine", "{row}", "{veil}ROLLBACK TO mine"],
                &[
                    "{veil}SAVEPOINT mine; SAVEPOINT yours",
                    "{row}",
                    "{veil}ROLLBACK TO mine; SELECT 1",
                ],
            ],
        ),
        closed(
            "a conflict that rolls back",
            &[
                &["INSERT OR ROLLBACK INTO sly_one VALUES (1)"],
                &["UPDATE OR ROLLBACK sly_one SET id = 1 WHERE id = 2"],
                &["INSERT INTO sly_conflict VALUES (1)"],
                &["INSERT INTO sly_guarded VALUES (1)"],
                &["{veil}INSERT INTO sly_guarded VALUES (1)"],
                &["INSERT INTO sly_guarded VALUES (1)", "BEGIN"],
            ],
        ),
        hole("isolation", &[&["{veil}PRAGMA read_uncommitted = 1"]]),
        closed(
            "harmless",
            &[
                &["{veil}SELECT 1"],
                &["SELECT ';COMMIT', \"; ROLLBACK;\" -- COMMIT"],
                &["/* ; COMMIT */ SELECT 1; -- ROLLBACK"],
                &["CREATE TEMP TABLE IF NOT EXISTS z (v INT); {veil}INSERT INTO z VALUES (1)"],
                &["INSERT INTO sly_one VALUES (1)"],
                &["{veil}no such statement"],
            ],
        ),
    ],
    veils: &[
        "SELECT $a(x); ",
        "SELECT :a::b; ",
        "CREATE TEMP TRIGGER IF NOT EXISTS sly AFTER INSERT ON item BEGIN SELECT 1; END; ",
    ],
    ends: &[
        "ROLLBACK",
        "COMMIT",
        "END",
        "ROLLBACK; BEGIN",
        "COMMIT; BEGIN",
        "ROLLBACK; BEGIN IMMEDIATE",
        "END TRANSACTION; BEGIN EXCLUSIVE",
        "ROLLBACK; SAVEPOINT mine",
        "ROLLBACK TO aftercommit_1",
    ],
    tails: TAILS,
};
