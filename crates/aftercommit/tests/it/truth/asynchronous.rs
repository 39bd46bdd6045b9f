//! Commits that a crash takes back: none that a hook or an effect hangs on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use aftercommit::{Db, Event, Ok, Result};
use aftercommit_harness::{MariaDb, Postgres as Server};
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{MySql, Pool, Postgres, Sqlite};
use tokio::sync::mpsc;
use tokio::task::block_in_place;

use super::blocks::{Block, Wired, handle};
use crate::support::{Labels, Server as _, long};

const COMMITS: i64 = 20;

/// A server whose role commits without waiting for the disk, and which writes it by itself only after 10 s.
async fn server() -> Server {
    let server = Server::builder()
        .setting("wal_writer_delay", "10s")
        .start()
        .unwrap();
    Postgres::furnish(server.port()).await;
    server
        .run(&["ALTER ROLE postgres SET synchronous_commit = off"])
        .unwrap();
    server
}

async fn connect(server: &Server) -> Db<Postgres> {
    let pool = Pool::connect_with(Postgres::at(server.port())).await;
    handle(pool.unwrap())
}

fn crash(server: &mut Server) {
    block_in_place(|| {
        server.kill().unwrap();
        server.start_again().unwrap();
    });
}

/// Without this the next test could not fail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_commits_are_taken_back_by_a_crash_only_on_postgres() {
    let mut server = server().await;
    let db = connect(&server).await;
    for id in 1..=COMMITS {
        let insert = sqlx::query("INSERT INTO item (id) VALUES ($1)").bind(id);
        insert.execute(db.pool()).await.unwrap();
    }
    crash(&mut server);
    let left = Postgres::present(server.port()).await.len();
    println!("{COMMITS} commits of sqlx were confirmed, and {left} are there after a crash");
    assert!(left < usize::try_from(COMMITS).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_hook_or_an_effect_hangs_on_outlives_a_crash_only_on_postgres() {
    let mut server = server().await;
    let mut id = 0;
    let mut hooks = 0;
    for block in Block::ALL {
        let (db, labels) = (connect(&server).await, Labels::default());
        for _ in 0..COMMITS {
            id += 1;
            block.run(&db, &labels, id).await.unwrap();
        }
        crash(&mut server);
        let there = Postgres::present(server.port()).await;
        for label in labels.all() {
            hooks += 1;
            let id: i64 = label.parse().unwrap();
            assert!(there.contains(&id), "{block:?}: a hook without its row");
        }
    }
    println!("{hooks} hooks and their rows are there after crashes");
    assert_eq!(hooks, id);
}

/// The server dies under the commits of many, who share the flushes of its log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_many_hang_hooks_on_outlives_a_crash_under_load_only_on_postgres() {
    const CLIENTS: i64 = 8;
    const BLOCKS: usize = 300;
    let mut server = server().await;
    let next = Arc::new(AtomicI64::new(1));
    let (mut hooks, crashes) = (0, if long() { 40 } else { 3 });
    for _ in 0..crashes {
        let labels = Labels::default();
        // Nobody waits for a server that is dead.
        let pool = PoolOptions::new().acquire_timeout(Duration::from_secs(1));
        let pool = pool.connect_with(Postgres::at(server.port())).await;
        let db: Db<Postgres> = handle(pool.unwrap());
        let (done, mut heard) = mpsc::unbounded_channel();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (db, labels, next) = (db.clone(), labels.clone(), Arc::clone(&next));
                let done = done.clone();
                tokio::spawn(async move {
                    loop {
                        for block in Block::ALL {
                            let id = next.fetch_add(1, Ordering::Relaxed);
                            if block.run(&db, &labels, id).await.is_err() {
                                return;
                            }
                            let _: std::result::Result<(), mpsc::error::SendError<()>> =
                                done.send(());
                        }
                    }
                })
            })
            .collect();
        for _ in 0..BLOCKS {
            heard.recv().await.unwrap();
        }
        block_in_place(|| server.kill().unwrap());
        for client in clients {
            client.await.unwrap();
        }
        block_in_place(|| server.start_again().unwrap());
        let there = Postgres::present(server.port()).await;
        let told = labels.all();
        hooks += told.len();
        for label in told {
            let id: i64 = label.parse().unwrap();
            assert!(there.contains(&id), "a hook of {id} without its row");
        }
    }
    println!(
        "{hooks} hooks of {CLIENTS} clients and their rows are there after {crashes} crashes under load"
    );
}

/// A trigger asks for it, which no statement of the block shows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trigger_that_turns_it_off_outlives_a_crash_only_on_postgres() {
    let mut server = server().await;
    server
        .run(&[
            "ALTER ROLE postgres RESET synchronous_commit",
            "CREATE FUNCTION hurry() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN PERFORM set_config('synchronous_commit', 'off', true); RETURN NEW; END $$",
            "CREATE TRIGGER hurry BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION hurry()",
        ])
        .unwrap();
    let (db, labels) = (connect(&server).await, Labels::default());
    for id in 1..=COMMITS {
        Block::Insert.run(&db, &labels, id).await.unwrap();
    }
    crash(&mut server);
    let there = Postgres::present(server.port()).await;
    assert_eq!(there.len(), labels.all().len());
}

/// The setting that was read with BEGIN may be another one by COMMIT.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_that_turns_it_off_itself_outlives_a_crash_only_on_postgres() {
    let mut server = server().await;
    server
        .run(&["ALTER ROLE postgres RESET synchronous_commit"])
        .unwrap();
    let off = "SET LOCAL synchronous_commit = off";
    for (id, lent) in [(1, false), (2, true)] {
        let (db, labels) = (connect(&server).await, Labels::default());
        let turned_off: Result<()> = db
            .atomic(async |tx| {
                tx.on_commit(labels.hook("hook"));
                Postgres::insert(tx, id).await?;
                if lent {
                    return tx
                        .with_connection(async |conn| {
                            sqlx::raw_sql(off).execute(conn).await?;
                            Ok(())
                        })
                        .await;
                }
                sqlx::query(off).execute(&mut *tx).await?;
                Ok(())
            })
            .await;
        turned_off.unwrap();
        crash(&mut server);
        assert_eq!(labels.all().len(), 1);
        assert!(
            Postgres::present(server.port()).await.contains(&id),
            "lent: {lent}"
        );
    }
}

/// How often it is said that commits may be lost.
async fn said<DB: crate::support::Server>(pool: Pool<DB>) -> usize {
    let said = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&said);
    DB::tables(&pool).await;
    let db = Db::new(pool).with_observer(move |event| {
        if matches!(event, Event::CommitsMayBeLost { .. }) {
            counting.fetch_add(1, Ordering::Relaxed);
        }
    });
    db.migrate().await.unwrap();
    for id in 1..=3 {
        let again = db.clone();
        again
            .atomic(async |tx| DB::insert(tx, id).await)
            .await
            .unwrap();
    }
    said.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_not_flushed_is_told_once_only_on_mysql() {
    let server = MariaDb::builder()
        .setting("innodb_flush_log_at_trx_commit", "1")
        .start()
        .unwrap();
    for (value, expected) in [("2", 1), ("0", 1), ("1", 0)] {
        let fresh = format!(
            "SET GLOBAL innodb_flush_log_at_trx_commit = {value}; DROP DATABASE test; CREATE DATABASE test"
        );
        server.run(&fresh).unwrap();
        let pool = Pool::<MySql>::connect_with(MySql::at(server.port()))
            .await
            .unwrap();
        assert_eq!(said(pool).await, expected, "{value}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_synchronized_is_told_once_only_on_sqlite() {
    for (synchronous, journal, expected) in [
        (SqliteSynchronous::Normal, SqliteJournalMode::Wal, 1),
        (SqliteSynchronous::Off, SqliteJournalMode::Delete, 1),
        (SqliteSynchronous::Full, SqliteJournalMode::Wal, 0),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(directory.path().join("test.db"))
            .create_if_missing(true)
            .journal_mode(journal)
            .synchronous(synchronous);
        let pool = Pool::<Sqlite>::connect_with(options).await.unwrap();
        assert_eq!(said(pool).await, expected, "{synchronous:?} {journal:?}");
    }
}
