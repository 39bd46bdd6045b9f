//! The first statement of a block is the transaction's first.

use aftercommit::{Isolation, Ok, Options};
use aftercommit_harness::Postgres as Server;
use sqlx::{Connection, Executor, PgConnection, Pool, Postgres};
use tokio::task::block_in_place;

use super::blocks::{Wired, handle};
use crate::support::Server as _;

const LEVELS: [Option<Isolation>; 4] = [
    None,
    Some(Isolation::ReadCommitted),
    Some(Isolation::RepeatableRead),
    Some(Isolation::Serializable),
];

/// Somebody else writes, and commits while the block waits for its lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lock_table_first_sees_what_was_committed_before_only_on_postgres() {
    let server = Server::start().unwrap();
    Postgres::furnish(server.port()).await;
    let db = handle(
        Pool::connect_with(Postgres::at(server.port()))
            .await
            .unwrap(),
    );
    let lock = "LOCK TABLE item IN SHARE ROW EXCLUSIVE MODE";
    let mut rows = 0;
    for level in LEVELS {
        let words = match level {
            None => "BEGIN",
            Some(Isolation::ReadCommitted) => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Some(Isolation::RepeatableRead) => "BEGIN ISOLATION LEVEL REPEATABLE READ",
            Some(Isolation::Serializable) => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        for plain in [true, false] {
            let mut writer = PgConnection::connect_with(&Postgres::at(server.port()))
                .await
                .unwrap();
            rows += 1;
            let insert = format!("BEGIN; INSERT INTO item (id) VALUES ({rows})");
            writer.execute(sqlx::AssertSqlSafe(insert)).await.unwrap();
            let db = db.clone();
            let seen = tokio::spawn(async move {
                if plain {
                    let mut conn: sqlx::pool::PoolConnection<Postgres> =
                        db.pool().acquire().await?;
                    conn.execute(words).await?;
                    conn.execute(lock).await?;
                    let seen: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM item")
                        .fetch_one(&mut *conn)
                        .await?;
                    conn.execute("COMMIT").await?;
                    return Ok(seen);
                }
                let options = level.map_or(Options::new(), |level| Options::new().isolation(level));
                db.with(options)
                    .atomic(async |tx| {
                        sqlx::query(lock).execute(&mut *tx).await?;
                        Postgres::count(tx).await
                    })
                    .await
            });
            let waits = ["SELECT count(*) FROM pg_locks WHERE NOT granted"];
            while block_in_place(|| server.run(&waits)).unwrap() != "1" {}
            writer.execute("COMMIT").await.unwrap();
            assert_eq!(
                seen.await.unwrap().unwrap(),
                rows,
                "{level:?}, plain sqlx: {plain}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_transaction_may_come_first_only_on_postgres() {
    let server = Server::start().unwrap();
    let db = handle(
        Pool::<Postgres>::connect_with(Postgres::at(server.port()))
            .await
            .unwrap(),
    );
    for (set, show, expected) in [
        (
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "SHOW transaction_isolation",
            "serializable",
        ),
        (
            "SET TRANSACTION READ ONLY",
            "SHOW transaction_read_only",
            "on",
        ),
        (
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "SHOW transaction_isolation",
            "repeatable read",
        ),
    ] {
        let shown: String = db
            .atomic(async |tx| {
                sqlx::query(set).execute(&mut *tx).await?;
                aftercommit::Ok(sqlx::query_scalar(show).fetch_one(&mut *tx).await?)
            })
            .await
            .unwrap();
        assert_eq!(shown, expected);
    }
}
