//! Connections that are cut and servers that die: the outcome is told as it was.

use std::time::Duration;

use aftercommit::{Db, Ok, Options, Result};
use aftercommit_harness::{Cut, MariaDb, Postgres as PostgresServer, Proxy};
use sqlx::{MySql, Postgres, Sqlite};

use crate::support::{Labels, Server, Site, long};

on_each_database! {
    a_cut_commit_is_told_as_it_was,
    a_commit_that_nobody_can_be_asked_about_is_in_doubt,
    a_connection_cut_inside_a_block_commits_nothing,
    a_server_that_dies_loses_nothing_it_has_acknowledged,
}

/// A site behind a proxy.
pub async fn behind_a_proxy<DB: Server>(connections: u32) -> Option<(Site<DB>, Proxy)> {
    let mut site = Site::<DB>::open().await;
    let proxy = Proxy::start(DB::port(&site.options)?).await.unwrap();
    let options = DB::through(site.options.clone(), proxy.port());
    let pool = sqlx::pool::PoolOptions::new()
        .max_connections(connections)
        // A connection that was cut while idle is found out before it is used.
        .test_before_acquire(true)
        .connect_with(options)
        .await
        .unwrap();
    site.replace_pool(pool);
    Some((site, proxy))
}

async fn a_cut_commit_is_told_as_it_was<DB: Server>() {
    let Some((site, proxy)) = behind_a_proxy::<DB>(1).await else {
        return a_commit_that_sqlite_refuses_is_rolled_back().await;
    };
    let (labels, mut counts) = (Labels::default(), [0, 0]);
    let rounds = if long() { 250 } else { 12 };
    let commit = DB::commit_needle(site.db.pool()).await;
    let mut id = 0;
    for _ in 0..rounds {
        for cut in [
            Cut::Before,
            Cut::SwallowAnswer,
            Cut::AfterAnswer,
            Cut::HalfOpen,
        ] {
            id += 1;
            let fired = proxy.cut_on(cut, &commit);
            let told = site
                .db
                .atomic(async |tx| {
                    tx.on_commit(labels.hook(&id.to_string()));
                    DB::insert(tx, id).await
                })
                .await;
            fired.await;
            proxy.release();
            let there = site.ids().await.contains(&id);
            let hooked = labels.all().contains(&id.to_string());
            match &told {
                Result::Ok(()) => assert!(
                    there && hooked,
                    "{cut:?}: told committed; row {there}, hook {hooked}"
                ),
                Err(error) => {
                    assert!(
                        !error.is_commit_in_doubt(),
                        "{cut:?}: the server could be asked: {error}"
                    );
                    assert!(error.is_connection_lost(), "{cut:?}: {error}");
                    assert!(
                        !there && !hooked,
                        "{cut:?}: told not committed; row {there}, hook {hooked}"
                    );
                }
            }
            // Half open, the server may be asked before it has come to the COMMIT: the lookup of MySQL then decides that it
            // will not. The others leave no doubt.
            if cut != Cut::HalfOpen {
                assert_eq!(there, cut != Cut::Before, "{cut:?}");
            }
            counts[usize::from(there)] += 1;
        }
    }
    println!(
        "{} cut commits on {}: {} were not committed, {} were, all told so",
        id,
        DB::NAME,
        counts[0],
        counts[1]
    );
}

/// SQLite's commit cannot be cut, but it can be refused: a reader keeps the writer from the file.
async fn a_commit_that_sqlite_refuses_is_rolled_back() {
    let site = Site::<Sqlite>::open().await;
    let (labels, directory) = (Labels::default(), tempfile::tempdir().unwrap());
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(directory.path().join("journal.db"))
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Delete)
        .busy_timeout(Duration::ZERO);
    let pool = sqlx::pool::PoolOptions::<Sqlite>::new()
        .max_connections(2)
        .connect_with(options)
        .await
        .unwrap();
    Sqlite::tables(&pool).await;
    let db = Db::new(pool.clone());
    let mut reader = pool.acquire().await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT COUNT(*) FROM item")
        .execute(&mut *reader)
        .await
        .unwrap();
    let write = async || {
        db.atomic(async |tx| {
            tx.on_commit(labels.hook("hook"));
            Sqlite::insert(tx, 1).await
        })
        .await
    };
    let refused = write().await.unwrap_err();
    assert_eq!(refused.code(), Some("DB_BUSY"), "{refused}");
    assert!(labels.all().is_empty());
    sqlx::raw_sql("ROLLBACK")
        .execute(&mut *reader)
        .await
        .unwrap();
    assert!(Sqlite::ids(&pool).await.is_empty());
    write().await.unwrap();
    assert_eq!((labels.all().len(), Sqlite::ids(&pool).await), (1, vec![1]));
    drop(site);
}

async fn a_commit_that_nobody_can_be_asked_about_is_in_doubt<DB: Server>() {
    let Some((site, proxy)) = behind_a_proxy::<DB>(1).await else {
        // There is nobody to ask but this process.
        return;
    };
    let labels = Labels::default();
    let db = site
        .db
        .clone()
        .with_resolve_patience(Duration::from_millis(300));
    let commit = DB::commit_needle(db.pool()).await;
    let fired = proxy.cut_on(Cut::SwallowAnswer, &commit);
    let told = db
        .atomic(async |tx| {
            tx.on_commit(labels.hook("hook"));
            DB::insert(tx, 1).await?;
            proxy.refuse(true);
            Ok(())
        })
        .await
        .unwrap_err();
    fired.await;
    assert!(told.is_commit_in_doubt() && !told.is_retryable(), "{told}");
    assert_eq!(told.code(), Some("COMMIT_IN_DOUBT"));
    assert!(
        labels.all().is_empty(),
        "no hook without a confirmed commit"
    );
    assert!(site.heard.has("not committed: COMMIT_IN_DOUBT"));
    assert_eq!(site.ids().await, [1], "it was committed, in truth");
    proxy.refuse(false);

    // The same without a fault of the network afterwards, if the lookup was given up.
    let fired = proxy.cut_on(Cut::SwallowAnswer, b"COMMIT");
    let given_up = db.with(Options::new().without_lookup());
    let told = given_up
        .atomic(async |tx| DB::insert(tx, 2).await)
        .await
        .unwrap_err();
    fired.await;
    assert!(
        told.is_commit_in_doubt() && told.to_string().contains("given up"),
        "{told}"
    );
    db.atomic(async |tx| DB::insert(tx, 3).await).await.unwrap();
    assert_eq!(site.ids().await, [1, 2, 3]);
}

/// The network keeps ROLLBACK and its answer back: the block ends without it, and its connection does not return to the pool.
async fn a_rollback_that_nobody_answers_is_given_up<DB: Server>() {
    let (site, proxy) = behind_a_proxy::<DB>(1).await.unwrap();
    let fired = proxy.cut_on(Cut::Silence, b"ROLLBACK");
    let db = site.db.clone();
    let block = tokio::spawn(async move {
        db.atomic(async |tx| {
            DB::insert(tx, 1).await?;
            Result::<()>::Err(aftercommit::Error::other("on purpose"))
        })
        .await
    });
    fired.await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(6)).await;
    let told = block.await.unwrap().unwrap_err();
    tokio::time::resume();
    assert!(told.to_string().contains("on purpose"), "{told}");
    proxy.release();
    site.db
        .atomic(async |tx| DB::insert(tx, 2).await)
        .await
        .unwrap();
    assert_eq!(site.ids().await, [2]);
}

// With a clock of its own, which takes one thread.
#[tokio::test]
async fn a_rollback_that_nobody_answers_is_given_up_only_on_postgres() {
    a_rollback_that_nobody_answers_is_given_up::<Postgres>().await;
}

#[tokio::test]
async fn a_rollback_that_nobody_answers_is_given_up_only_on_mysql() {
    a_rollback_that_nobody_answers_is_given_up::<MySql>().await;
}

async fn a_connection_cut_inside_a_block_commits_nothing<DB: Server>() {
    let Some((site, proxy)) = behind_a_proxy::<DB>(1).await else {
        return;
    };
    let labels = Labels::default();
    let rounds = if long() { 250 } else { 10 };
    for id in 0..rounds {
        // Cut while it is idle in the block, and cut under a statement; the second one swallows the error.
        for swallow in [false, true] {
            let told = site
                .db
                .atomic(async |tx| {
                    tx.on_commit(labels.hook("never"));
                    DB::insert(tx, 2 * id).await?;
                    proxy.cut_now().await;
                    let cut = DB::insert(tx, 2 * id + 1).await;
                    assert!(cut.is_err());
                    if swallow { Ok(()) } else { cut }
                })
                .await
                .unwrap_err();
            assert!(told.is_connection_lost() || told.is_broken(), "{told}");
        }
    }
    assert!(labels.all().is_empty());
    assert!(site.ids().await.is_empty());
    site.db
        .atomic(async |tx| DB::insert(tx, 1).await)
        .await
        .unwrap();
}

/// Clients write while their server is killed and started again; afterwards what they were told is compared
/// with what is there.
async fn a_server_that_dies_loses_nothing_it_has_acknowledged<DB: Server>() {
    let crashes = if long() { 20 } else { 2 };
    match DB::NAME {
        "PostgreSQL" => {
            let mut server = PostgresServer::start().unwrap();
            let url = server.url("postgres");
            let crash = move || {
                server.kill().unwrap();
                server.start_again().unwrap();
            };
            survive::<Postgres>(&url, crashes, crash).await;
        }
        "MySQL" => {
            let mut server = MariaDb::start().unwrap();
            let url = server.url("test");
            let crash = move || {
                server.kill().unwrap();
                server.start_again().unwrap();
            };
            survive::<MySql>(&url, crashes, crash).await;
        }
        _ => {
            // SQLite has no server: its process is the client's.
        }
    }
}

/// So many commits go by between two crashes.
const COMMITS_PER_CRASH: u32 = 500;

async fn survive<DB: Server>(url: &str, crashes: u32, mut crash: impl FnMut() + Send + 'static) {
    let db: Db<DB> = Db::connect(url).await.unwrap();
    db.migrate().await.unwrap();
    DB::tables(db.pool()).await;
    let db = db.with_resolve_patience(Duration::from_secs(30));
    let labels = Labels::default();
    let commits = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|client| {
            let (db, labels, stop) = (db.clone(), labels.clone(), stop.clone());
            let commits = commits.clone();
            tokio::spawn(async move {
                let mut told = Vec::new();
                let mut id = client * 10_000_000;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    id += 1;
                    let outcome = db
                        .atomic(async |tx| {
                            tx.on_commit(labels.hook(&id.to_string()));
                            DB::insert(tx, id).await
                        })
                        .await;
                    if outcome.is_ok() {
                        commits.add_permits(1);
                    }
                    told.push((id, outcome));
                }
                told
            })
        })
        .collect();
    let (runtime, committed) = (tokio::runtime::Handle::current(), commits.clone());
    let crashing = tokio::task::spawn_blocking(move || {
        for _ in 0..crashes {
            // Each crash comes after some more commits.
            runtime
                .block_on(committed.acquire_many(COMMITS_PER_CRASH))
                .unwrap()
                .forget();
            crash();
        }
        crash
    });
    let keep_alive = crashing.await.unwrap();
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut told = Vec::new();
    for client in clients {
        told.extend(client.await.unwrap());
    }
    let rows: std::collections::HashSet<i64> = DB::ids(db.pool()).await.into_iter().collect();
    let hooks: std::collections::HashSet<i64> = labels
        .all()
        .iter()
        .map(|label| label.parse().unwrap())
        .collect();
    let (mut committed, mut refused, mut doubtful) = (0, 0, 0);
    for (id, outcome) in &told {
        let (there, hooked) = (rows.contains(id), hooks.contains(id));
        match outcome {
            Result::Ok(()) => {
                committed += 1;
                assert!(
                    there && hooked,
                    "{id} was acknowledged: row {there}, hook {hooked}"
                );
            }
            Err(error) if error.is_commit_in_doubt() => {
                doubtful += 1;
                assert!(!hooked, "a hook ran for {id}, of which nobody knows");
            }
            Err(error) => {
                refused += 1;
                assert!(
                    !there && !hooked,
                    "{id} was told lost ({error}): row {there}, hook {hooked}"
                );
            }
        }
    }
    assert!(committed > 0, "nothing was committed between the crashes");
    println!(
        "{crashes} crashes of {}: {committed} committed, {refused} told lost, {doubtful} in doubt, none wrong",
        DB::NAME
    );
    drop(keep_alive);
}
