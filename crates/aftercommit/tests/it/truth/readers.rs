//! Blocks that only read cost nothing, and go on where the pool leads.

use aftercommit::{Db, Ok, Result};
use aftercommit_harness::{MariaDb, Postgres as Server, Proxy, Replica, Standby, Wait, Writes};
use sqlx::{Executor, MySql, Pool, Postgres};
use tokio::task::block_in_place;

use super::blocks::{Wired, handle};
use crate::support::{Labels, Server as _, long};

async fn read<DB: Wired>(db: &Db<DB>) -> Result<i64> {
    db.atomic(async |tx| DB::count(tx).await).await
}

fn blocks() -> usize {
    if long() { 10_000 } else { 500 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_use_no_transaction_numbers_only_on_postgres() {
    let server = Server::builder()
        .setting("autovacuum", "off")
        .start()
        .unwrap();
    Postgres::furnish(server.port()).await;
    let db = handle(
        Pool::connect_with(Postgres::at(server.port()))
            .await
            .unwrap(),
    );
    let next = ["SELECT pg_snapshot_xmax(pg_current_snapshot())"];
    let before = server.run(&next).unwrap();
    for _ in 0..blocks() {
        read(&db).await.unwrap();
    }
    assert_eq!(server.run(&next).unwrap(), before);
    db.atomic(async |tx| Postgres::insert(tx, 1).await)
        .await
        .unwrap();
    assert_ne!(server.run(&next).unwrap(), before, "a writer needs one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_write_no_markers_only_on_mysql() {
    let server = MariaDb::builder().primary().start().unwrap();
    MySql::furnish(server.port()).await;
    let db = handle(Pool::connect_with(MySql::at(server.port())).await.unwrap());
    let written = "SELECT COUNT(*), @@GLOBAL.gtid_binlog_pos FROM test.aftercommit_markers";
    let before = server.run(written).unwrap();
    for _ in 0..blocks() {
        read(&db).await.unwrap();
    }
    assert_eq!(server.run(written).unwrap(), before);
    db.atomic(async |tx| MySql::insert(tx, 1).await)
        .await
        .unwrap();
    assert_ne!(server.run(written).unwrap(), before, "a writer needs one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_commit_on_a_server_that_is_read_only_only_on_mysql() {
    let primary = MariaDb::builder().primary().start().unwrap();
    MySql::furnish(primary.port()).await;
    let replica = block_in_place(|| Replica::of(&primary, Writes::Refused)).unwrap();
    let db = handle(Pool::connect_with(MySql::at(replica.port())).await.unwrap());
    let labels = Labels::default();
    assert_eq!(read(&db).await.unwrap(), 0);
    // Not plain reading as far as its text shows, so that a marker would go with the commit.
    for text in [
        "SELECT test.nothing(1)",
        "SET @answer = 42",
        "SELECT 1; SELECT 2",
    ] {
        if text.contains("nothing") {
            let create =
                "CREATE FUNCTION test.nothing(i INT) RETURNS INT DETERMINISTIC NO SQL RETURN i";
            primary.run(create).unwrap();
            block_in_place(|| replica.catch_up(&primary)).unwrap();
        }
        let told = db
            .atomic(async |tx| {
                tx.on_commit(labels.hook(text));
                sqlx::raw_sql(text).execute(&mut *tx).await?;
                Ok(())
            })
            .await;
        told.unwrap_or_else(|error| panic!("{text}: {error:?}"));
    }
    assert_eq!(labels.all().len(), 3);
    let refused = db.atomic(async |tx| MySql::insert(tx, 1).await).await;
    assert!(refused.is_err());
    // The session refuses them instead of the server.
    let pool = sqlx::pool::PoolOptions::<MySql>::new().after_connect(
        |conn: &mut sqlx::MySqlConnection, _| {
            Box::pin(async move {
                conn.execute("SET SESSION TRANSACTION READ ONLY").await?;
                Result::Ok(())
            })
        },
    );
    let pool = pool.connect_with(MySql::at(primary.port())).await.unwrap();
    let db = handle(pool);
    db.atomic(async |tx| {
        sqlx::raw_sql("SELECT test.nothing(1)")
            .execute(&mut *tx)
            .await?;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_database_may_be_used_in_a_block_only_on_mysql() {
    let server = MariaDb::start().unwrap();
    MySql::furnish(server.port()).await;
    server.run("CREATE DATABASE other").unwrap();
    let db = handle(Pool::connect_with(MySql::at(server.port())).await.unwrap());
    for id in [1, 2] {
        db.atomic(async |tx| {
            MySql::insert(tx, id).await?;
            if id == 1 {
                sqlx::raw_sql("USE other").execute(&mut *tx).await?;
                return Ok(());
            }
            tx.with_connection(async |conn| {
                conn.execute("USE test").await?;
                conn.execute("USE other").await?;
                Ok(())
            })
            .await
        })
        .await
        .unwrap();
        db.pool().set_connect_options(MySql::at(server.port()));
        db.atomic(async |tx| {
            sqlx::raw_sql("USE test").execute(&mut *tx).await?;
            Ok(())
        })
        .await
        .unwrap();
    }
    assert_eq!(MySql::present(server.port()).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_moves_between_a_primary_and_a_standby_only_on_postgres() {
    let mut primary = Server::start().unwrap();
    Postgres::furnish(primary.port()).await;
    let standby = block_in_place(|| Standby::of(&mut primary, Wait::Asynchronous)).unwrap();
    let proxy = Proxy::start(standby.port()).await.unwrap();
    // First used on the standby.
    let db = handle(
        Pool::connect_with(Postgres::at(proxy.port()))
            .await
            .unwrap(),
    );
    for port in [
        standby.port(),
        primary.port(),
        standby.port(),
        primary.port(),
    ] {
        proxy.move_to(port);
        proxy.cut_now().await;
        read(&db).await.unwrap();
        if port == primary.port() {
            is_looked_up(&db, &proxy).await;
        }
    }
    proxy.move_to(standby.port());
    proxy.cut_now().await;
    read(&db).await.unwrap();
    block_in_place(|| standby.catch_up(&primary)).unwrap();
    let promoted = block_in_place(|| standby.promote()).unwrap();
    // On the session that was opened when it was a standby.
    is_looked_up(&db, &proxy).await;
    assert!(!Postgres::present(promoted.port()).await.is_empty());
}

/// A commit whose answer is lost is told as committed, so its number is known.
async fn is_looked_up(db: &Db<Postgres>, proxy: &Proxy) {
    let fired = proxy.cut_on(aftercommit_harness::Cut::SwallowAnswer, b"COMMIT");
    let id = fastrand::i64(1..i64::MAX);
    db.atomic(async |tx| Postgres::insert(tx, id).await)
        .await
        .unwrap();
    fired.await;
}
