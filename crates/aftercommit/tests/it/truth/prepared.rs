//! What a session prepares so that commits can be looked up: it is used, it may be lost, and it may be refused.

use aftercommit::{Db, Ok, Result};
use aftercommit_harness::{Cut, MariaDb, Plan, Postgres as Server, Protocol, Proxy, Wire};
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, MySql, Postgres};

use super::blocks::{Noted, Wired, handle};
use crate::support::{Labels, Server as _};

async fn one_session<DB: Wired>(options: <DB::Connection as Connection>::Options) -> Db<DB> {
    let pool = PoolOptions::new().max_connections(1);
    handle(pool.connect_with(options).await.unwrap())
}

async fn insert<DB: Wired>(db: &Db<DB>, id: i64) -> Result<()> {
    db.atomic(async |tx| DB::insert(tx, id).await).await
}

async fn read_then_insert<DB: Wired>(db: &Db<DB>, labels: &Labels, id: i64) -> Result<()> {
    db.atomic(async |tx| {
        DB::count(tx).await?;
        tx.on_commit(labels.hook(&id.to_string()));
        DB::insert(tx, id).await
    })
    .await
}

/// What the library has prepared in the one session.
async fn prepared(db: &Db<Postgres>) -> Vec<String> {
    let names = "SELECT name FROM pg_prepared_statements WHERE NOT from_sql OR name LIKE 'aftercommit%' ORDER BY name";
    let names: Vec<String> = sqlx::query_scalar(names)
        .fetch_all(db.pool())
        .await
        .unwrap();
    names
        .into_iter()
        .filter(|name| name.starts_with("aftercommit"))
        .collect()
}

async fn deallocate(db: &Db<Postgres>) {
    for name in prepared(db).await {
        let sql = format!("DEALLOCATE {name}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(db.pool())
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_prepares_its_number_once_only_on_postgres() {
    let server = Server::start().unwrap();
    Postgres::furnish(server.port()).await;
    let proxy = Proxy::start(server.port()).await.unwrap();
    let db = one_session::<Postgres>(Postgres::at(proxy.port())).await;
    let labels = Labels::default();
    let mut id = 0;
    for reset in [false, true, false] {
        if reset {
            // Another instance, as far as a session can see.
            server
                .run(&["SELECT pg_stat_reset_shared('bgwriter')"])
                .unwrap();
        }
        for _ in 0..3 {
            id += 2;
            insert(&db, id).await.unwrap();
            read_then_insert(&db, &labels, id + 1).await.unwrap();
        }
        assert_eq!(prepared(&db).await.len() % 2, 0);
    }
    assert_eq!(prepared(&db).await.len(), 4, "two for each instance");
    for _ in 0..2 {
        id += 2;
        // Cut behind the server's answer, and found by the number that came with BEGIN.
        let cut = proxy.cut_on(Cut::SwallowAnswer, b"COMMIT");
        insert(&db, id).await.unwrap();
        cut.await;
        // The next session prepares its own.
        insert(&db, id + 1).await.unwrap();
        insert(&db, id + 1_000).await.unwrap();
        assert_eq!(prepared(&db).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_prepared_where_sqlx_keeps_nothing_only_on_postgres() {
    let server = Server::start().unwrap();
    Postgres::furnish(server.port()).await;
    let options = Postgres::at(server.port()).statement_cache_capacity(0);
    let db = one_session::<Postgres>(options).await;
    for id in 0..3 {
        insert(&db, id).await.unwrap();
    }
    assert!(prepared(&db).await.is_empty());
}

/// sqlx forgets a statement for each that it prepares: the server is not asked for ever what a session has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_keep_little_prepare_nothing_for_long_only_on_postgres() {
    let server = Server::start().unwrap();
    Postgres::furnish(server.port()).await;
    for capacity in [1, 2, 3] {
        let wire = Wire::start(server.port(), Protocol::Postgres)
            .await
            .unwrap();
        let options = Postgres::at(wire.port()).statement_cache_capacity(capacity);
        let db = one_session::<Postgres>(options).await;
        let labels = Labels::default();
        let first = i64::try_from(capacity).unwrap() * 1_000;
        for id in 0..100 {
            read_then_insert(&db, &labels, first + id).await.unwrap();
        }
        // The first message about it is the question itself, and not whether the session has prepared it.
        wire.begin(Plan {
            needle: b"aftercommit_".to_vec(),
            ..Plan::default()
        });
        insert(&db, first + 100).await.unwrap();
        let passed = wire.end();
        let about = passed.first().map(|passed| passed.kind);
        assert_eq!(about, Some('Q'), "capacity {capacity}: {passed:?}");
        assert_eq!(labels.all().len(), 100);
    }
}

/// As behind a pooler that nobody has told of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_may_lose_what_it_had_prepared_only_on_postgres() {
    let server = Server::start().unwrap();
    Postgres::furnish(server.port()).await;
    let labels = Labels::default();
    let fresh = async || {
        let options: PgConnectOptions = Postgres::at(server.port());
        let db = one_session::<Postgres>(options).await;
        let id = fastrand::i64(1..i64::MAX / 2) * 2;
        insert(&db, id).await.unwrap();
        insert(&db, id + 1).await.unwrap();
        assert_eq!(prepared(&db).await.len(), 2);
        db
    };

    // Found out with BEGIN: the block does not notice.
    let db = fresh().await;
    deallocate(&db).await;
    insert(&db, 1).await.unwrap();

    // Found out with COMMIT, which goes on from a savepoint. What is owed before it is done once.
    let db = fresh().await;
    deallocate(&db).await;
    let nested: Result<()> = db
        .atomic(async |tx| {
            Postgres::count(tx).await?;
            tx.on_commit(labels.hook("2"));
            tx.atomic(async |tx| Postgres::insert(tx, 2).await).await?;
            tx.send(Noted(9)).await
        })
        .await;
    nested.unwrap();
    assert!(prepared(&db).await.is_empty());
    read_then_insert(&db, &labels, 3).await.unwrap();
    insert(&db, 4).await.unwrap();
    assert!(prepared(&db).await.is_empty());
    // Not again either when the server has been asked who it is once more, in another session.
    let ended =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
    server.run(&[ended]).unwrap();
    for id in [6, 7, 8] {
        let _: Result<()> = read_then_insert(&db, &labels, id).await;
    }
    assert!(prepared(&db).await.is_empty());

    // The block itself removes them, and whatever else there is.
    let db = fresh().await;
    db.atomic(async |tx| {
        Postgres::count(tx).await?;
        Postgres::insert(tx, 5).await?;
        sqlx::raw_sql("DEALLOCATE ALL").execute(&mut *tx).await?;
        Ok(())
    })
    .await
    .unwrap();

    let there = Postgres::present(server.port()).await;
    for (id, expected) in [
        (1, true),
        (2, true),
        (9, true),
        (3, true),
        (4, true),
        (5, true),
    ] {
        assert_eq!(there.contains(&id), expected, "{id}");
    }
}

async fn set(db: &Db<Postgres>, sql: &'static str) {
    sqlx::raw_sql(sql).execute(db.pool()).await.unwrap();
}

/// What is prepared is planned anew now and then, in the session as it is then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_writes_times_in_another_way_goes_on_only_on_postgres() {
    let server = Server::start().unwrap();
    Postgres::furnish(server.port()).await;
    let db = one_session::<Postgres>(Postgres::at(server.port())).await;
    let labels = Labels::default();
    let mut id = 0;
    for (before, after) in [
        ("SET datestyle = 'SQL, DMY'", "SET datestyle = 'ISO, MDY'"),
        ("SET datestyle = 'SQL, MDY'", "SET datestyle = 'ISO, DMY'"),
        (
            "SET datestyle = 'German'",
            "SET datestyle = 'Postgres, MDY'",
        ),
        ("SET timezone = 'Asia/Kolkata'", "SET timezone = 'FOO+3'"),
    ] {
        for first in [before, after] {
            set(&db, first).await;
            set(&db, "DISCARD PLANS").await;
            for _ in 0..2 {
                id += 2;
                insert(&db, id).await.unwrap();
                read_then_insert(&db, &labels, id + 1).await.unwrap();
            }
            assert_eq!(prepared(&db).await.len(), 2, "{before}, {after}");
        }
    }
}

/// Its settings are the session's own, but that it waits for the disk if hooks hang on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_in_commit_finds_the_session_as_it_was_only_on_postgres() {
    let server = Server::start().unwrap();
    Postgres::furnish(server.port()).await;
    server
        .run(&[
            "CREATE TABLE seen (durable text, messages text)",
            "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
             DECLARE messages text := current_setting('client_min_messages');
             BEGIN
                INSERT INTO seen VALUES (current_setting('synchronous_commit'), messages);
                PERFORM set_config('client_min_messages', 'error', false);
                PERFORM set_config('client_min_messages', messages, false);
                RAISE DEBUG 'not in Latin 1: %', chr(20013);
                RETURN NULL;
             END $$",
            "CREATE CONSTRAINT TRIGGER look AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION look()",
            "CREATE SCHEMA evil",
            "CREATE FUNCTION evil.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
            "CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.never)",
        ])
        .unwrap();
    let labels = Labels::default();
    for capacity in [0, 100] {
        let options = Postgres::at(server.port()).statement_cache_capacity(capacity);
        let db = one_session::<Postgres>(options).await;
        for setting in [
            "SET client_encoding = 'LATIN1'",
            "SET synchronous_commit = off",
            "SET search_path = evil, pg_catalog, public",
        ] {
            set(&db, setting).await;
        }
        for id in 1..=3 {
            let id = i64::try_from(capacity).unwrap() * 10 + id * 2;
            read_then_insert(&db, &labels, id).await.unwrap();
            let written: Result<()> = db
                .atomic(async |tx| {
                    tx.on_commit(labels.hook("hook"));
                    Postgres::insert(tx, id + 1).await
                })
                .await;
            written.unwrap();
        }
        let show = sqlx::raw_sql("SHOW client_min_messages");
        let row = sqlx::Executor::fetch_one(db.pool(), show).await.unwrap();
        assert_eq!(sqlx::Row::get::<String, _>(&row, 0), "notice");
    }
    assert_eq!(labels.all().len(), 12);
    let seen = server
        .run(&["SELECT DISTINCT durable || ' ' || messages || ' ' || COUNT(*) FROM seen GROUP BY durable, messages"])
        .unwrap();
    assert_eq!(seen.trim(), "on notice 12");
}

/// How many prepared statements the session has run.
async fn executed(db: &Db<MySql>) -> u64 {
    let status = "SHOW SESSION STATUS LIKE 'Com_stmt_execute'";
    let row: (String, String) = sqlx::query_as(sqlx::AssertSqlSafe(status))
        .persistent(false)
        .fetch_one(db.pool())
        .await
        .unwrap();
    row.1.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_one_prepared_statement_where_that_can_be_only_on_mysql() {
    let server = MariaDb::start().unwrap();
    MySql::furnish(server.port()).await;
    let db = one_session::<MySql>(MySql::at(server.port())).await;
    let labels = Labels::default();
    insert(&db, 1).await.unwrap();
    let before = executed(&db).await;
    insert(&db, 2).await.unwrap();
    assert_eq!(
        executed(&db).await - before,
        3,
        "INSERT, COMMIT and the question"
    );

    // There is room for the INSERT, the question and no more.
    db.pool().close().await;
    let db = one_session::<MySql>(MySql::at(server.port())).await;
    server
        .run("SET GLOBAL max_prepared_stmt_count = 2")
        .unwrap();
    read_then_insert(&db, &labels, 3).await.unwrap();
    insert(&db, 4).await.unwrap();
    server
        .run("SET GLOBAL max_prepared_stmt_count = 16382")
        .unwrap();
    insert(&db, 5).await.unwrap();
    assert_eq!(MySql::present(server.port()).await, [1, 2, 3, 4, 5].into());
    assert_eq!(labels.all(), ["3"]);
}
