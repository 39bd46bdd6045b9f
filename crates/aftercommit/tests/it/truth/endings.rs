//! Commits that end in another way than by their answer.

use aftercommit::{Db, Ok, Result};
use aftercommit_harness::{MariaDb, Plan, Point, Postgres as Server, Protocol, Side, Wire};
use sqlx::postgres::PgListener;
use sqlx::{Executor, MySql, Pool, Postgres};
use tokio::task::block_in_place;

use super::blocks::{Block, Wired, handle};
use crate::support::{Labels, Server as _};

async fn open(server: &Server, options: &[(&'static str, &'static str)]) -> Db<Postgres> {
    let options = Postgres::at(server.port()).options(options.iter().copied());
    handle(Pool::connect_with(options).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_the_server_refuses_is_told_so_only_on_postgres() {
    let server = Server::start().unwrap();
    Postgres::furnish(server.port()).await;
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.val = 1 THEN PERFORM pg_sleep(60); END IF; RETURN NULL; END $$";
    let attach = "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION slow()";
    server.run(&[slow, attach]).unwrap();
    let labels = Labels::default();
    let db = open(&server, &[]).await;
    // A trigger that runs in COMMIT is cancelled, its session is ended, and a foreign key is not satisfied.
    for (insert, ended_by) in [
        (
            "INSERT INTO item (id, val) VALUES (1, 1)",
            Some("pg_cancel_backend"),
        ),
        (
            "INSERT INTO item (id, val) VALUES (1, 1)",
            Some("pg_terminate_backend"),
        ),
        ("INSERT INTO child (id, parent_id) VALUES (2, -1)", None),
    ] {
        let (db, hook) = (db.clone(), labels.hook("never"));
        let block = tokio::spawn(async move {
            db.atomic(async |tx| {
                tx.on_commit(hook);
                sqlx::query(insert).execute(&mut *tx).await?;
                Ok(())
            })
            .await
        });
        if let Some(function) = ended_by {
            let end = format!(
                "SELECT count(*) FROM (SELECT {function}(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep') AS ended"
            );
            while block_in_place(|| server.run(&[&end])).unwrap() != "1" {}
        }
        let error = block.await.unwrap().unwrap_err();
        assert!(!error.is_commit_in_doubt(), "{ended_by:?}: {error:?}");
        let lost = ended_by == Some("pg_terminate_backend");
        assert_eq!(error.is_connection_lost(), lost, "{ended_by:?}: {error:?}");
    }
    let db = open(&server, &[("default_transaction_read_only", "on")]).await;
    db.atomic(async |tx| Postgres::count(tx).await)
        .await
        .unwrap();
    db.atomic(async |tx| {
        sqlx::query("SELECT pg_backend_pid()")
            .execute(&mut *tx)
            .await?;
        Ok(())
    })
    .await
    .unwrap();
    assert!(
        db.atomic(async |tx| Postgres::insert(tx, 3).await)
            .await
            .is_err()
    );
    assert!(labels.all().is_empty());
    assert!(Postgres::present(server.port()).await.is_empty());
}

/// The server ends a session that does nothing in its transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_ended_while_idle_has_not_committed_only_on_postgres() {
    let server = Server::start().unwrap();
    Postgres::furnish(server.port()).await;
    let db = open(&server, &[("idle_in_transaction_session_timeout", "100ms")]).await;
    let labels = Labels::default();
    for (id, reads_first) in [(1, false), (2, true)] {
        let told: Result<()> = db
            .atomic(async |tx| {
                tx.on_commit(labels.hook("never"));
                if reads_first {
                    Postgres::count(tx).await?;
                }
                Postgres::insert(tx, id).await?;
                let open =
                    ["SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"];
                while block_in_place(|| server.run(&open)).unwrap() != "0" {}
                Ok(())
            })
            .await;
        let error = told.unwrap_err();
        assert!(reads_first || !error.is_commit_in_doubt(), "{error:?}");
    }
    assert!(labels.all().is_empty());
    assert!(Postgres::present(server.port()).await.is_empty());
}

/// A marker for another server fails in a session that chains or releases, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_without_autocommit_goes_back_without_a_transaction_only_on_mysql() {
    let server = MariaDb::start().unwrap();
    MySql::furnish(server.port()).await;
    let pool = sqlx::pool::PoolOptions::<MySql>::new()
        .max_connections(1)
        .after_connect(|conn: &mut sqlx::MySqlConnection, _| {
            Box::pin(async move {
                conn.execute("SET autocommit = 0").await?;
                conn.execute("SET completion_type = CHAIN").await?;
                Result::Ok(())
            })
        });
    let db = handle(pool.connect_with(MySql::at(server.port())).await.unwrap());
    let labels = Labels::default();
    for block in Block::ALL {
        block.run(&db, &labels, 1 + block as i64).await.unwrap();
        let open = "SELECT COUNT(*) FROM information_schema.innodb_trx";
        assert_eq!(server.run(open).unwrap(), "0", "{block:?}");
    }
    assert_eq!(MySql::present(server.port()).await.len(), Block::ALL.len());
    assert_eq!(labels.all().len(), Block::ALL.len());
}

/// A notification is sent by a transaction that has written no row, and has no number of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_that_went_out_is_not_told_as_not_committed_only_on_postgres() {
    let server = Server::start().unwrap();
    let wire = Wire::start(server.port(), Protocol::Postgres)
        .await
        .unwrap();
    let db: Db<Postgres> = handle(Pool::connect_with(Postgres::at(wire.port())).await.unwrap());
    let mut listener = PgListener::connect_with(
        &Pool::connect_with(Postgres::at(server.port()))
            .await
            .unwrap(),
    )
    .await
    .unwrap();
    listener.listen("news").await.unwrap();
    for text in ["NOTIFY news", "SELECT pg_notify('news', '')"] {
        // Behind the answer that brings the number: COMMIT is carried out, and its own answer gets lost.
        wire.begin(Plan {
            needle: b"COMMIT".to_vec(),
            first: Some(Point {
                message: 8,
                side: Side::After,
            }),
            ..Plan::default()
        });
        let told: Result<()> = db
            .atomic(async |tx| {
                sqlx::query(text).execute(&mut *tx).await?;
                Ok(())
            })
            .await;
        let passed = wire.end();
        let kinds: String = passed.iter().map(|passed| passed.kind).collect();
        assert!(kinds.starts_with("QTDCCCNNC"), "{kinds}");
        listener.recv().await.unwrap();
        let error = told.unwrap_err();
        assert!(error.is_commit_in_doubt(), "{text}: {error:?}");
    }
}

/// The role that the block takes on may less than the one that asked what the server can do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_may_take_on_a_weaker_role_only_on_postgres() {
    let server = Server::start().unwrap();
    Postgres::furnish(server.port()).await;
    server
        .run(&[
            "CREATE ROLE tenant",
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO tenant",
            "REVOKE ALL ON FUNCTION pg_control_system() FROM public",
        ])
        .unwrap();
    let db = open(&server, &[]).await;
    let labels = Labels::default();
    for (id, first) in [(1, true), (2, false), (3, true)] {
        db.atomic(async |tx| {
            tx.on_commit(labels.hook("hook"));
            if !first {
                Postgres::insert(tx, id).await?;
            }
            sqlx::query("SET LOCAL ROLE tenant")
                .execute(&mut *tx)
                .await?;
            if first {
                Postgres::insert(tx, id).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    }
    assert_eq!(labels.all().len(), 3);
}
