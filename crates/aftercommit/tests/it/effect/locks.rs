//! Commits lock the library's own rows in an order in which nobody waits for somebody who waits for them.

use std::collections::BTreeMap;
use std::time::Duration;

use aftercommit::effect::durable;
use aftercommit::{Db, Delivery, Ok, Result, Signals, Worker};
use serde::{Deserialize, Serialize};

use crate::support::{Outbox, Site, long, patient};

on_each_database! {
    unique_effects_do_not_collide_with_workers,
    unique_effects_that_have_a_key_do_not_collide,
}

/// What is sent: for the same `row` there is one effect.
#[derive(Clone, Serialize, Deserialize)]
struct Changed {
    row: u64,
    number: u64,
}

async fn delivered(_: Delivery<Changed>) -> Result<()> {
    Ok(())
}

fn unique(changed: &Changed) -> String {
    changed.row.to_string()
}

/// Eight clients commit `rows` in a random order, each after a look at the database, which gives it a snapshot. How often they
/// were told what.
async fn commit<DB: Outbox>(
    db: &Db<DB>,
    commits: u64,
    rows: u64,
    each: u64,
) -> BTreeMap<String, u64> {
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..8 {
        let db = db.clone();
        let mut random = fastrand::Rng::with_seed(client);
        clients.spawn(async move {
            let mut told = BTreeMap::<String, u64>::new();
            for number in 0..commits / 8 {
                let committed = db.atomic(async |tx| {
                    DB::count(tx).await?;
                    for _ in 0..each {
                        let row = random.u64(0..rows);
                        tx.send(Changed { row, number }).await?;
                    }
                    Ok(())
                });
                if let Err(error) = committed.await {
                    *told.entry(error.to_string()).or_default() += 1;
                }
            }
            told
        });
    }
    let mut told = BTreeMap::<String, u64>::new();
    for (error, times) in clients.join_all().await.into_iter().flatten() {
        *told.entry(error).or_default() += times;
    }
    told
}

async fn site<DB: Outbox>(signals: Signals<DB>) -> Site<DB> {
    let site = Site::<DB>::with_pool_of(10).await.with_signals(signals);
    site.db.migrate().await.unwrap();
    site
}

async fn unique_effects_do_not_collide_with_workers<DB: Outbox>() {
    let commits = if long() { 100_000 } else { 1_600 };
    let soon = durable("soon", delivered).unique(unique);
    // Due so soon that they are moved while others join them.
    let later = durable("later", delivered)
        .unique(unique)
        .delay(|_| Duration::from_millis(1));
    let site = site::<DB>(Signals::new().with(soon).with(later)).await;
    let mut workers = Vec::new();
    let elsewhere = site
        .elsewhere()
        .await
        .with_signals(site.db.signals().clone());
    for db in [&site.db, &elsewhere] {
        let worker = Worker::new(db).poll_every(Duration::from_millis(10));
        workers.push(worker.start().await.unwrap());
    }
    let told = commit(&site.db, commits, 20, 1).await;
    assert!(told.is_empty(), "{told:?} in {commits} commits");
    for table in ["effects", "waiting"] {
        site.until(table, 0).await;
    }
    for worker in workers {
        worker.drain().await;
    }
    let audit = site.db.operate().audit(Duration::from_secs(5)).await;
    assert!(audit.unwrap().is_clean());
}

async fn unique_effects_that_have_a_key_do_not_collide<DB: Outbox>() {
    let commits = if long() { 20_000 } else { 800 };
    // The key differs for the same unique value.
    let ordered = durable("ordered", delivered)
        .unique(unique)
        .key(|changed: &Changed| (changed.number % 3).to_string());
    let site = site::<DB>(Signals::new().with(ordered)).await;
    let told = commit(&site.db, commits, 20, 3).await;
    assert!(told.is_empty(), "{told:?} in {commits} commits");
    assert_eq!(site.count("effects").await, 20);
}

mod mysql_alone {
    use aftercommit_harness::MariaDb;
    use sqlx::MySql;
    use sqlx::pool::PoolOptions;

    use super::*;
    use crate::support::Server;

    #[tokio::test]
    async fn a_name_that_nobody_uses_is_removed_only_on_mysql() {
        let once = durable("once", delivered).unique(unique);
        let site = site::<MySql>(Signals::new().with(once)).await;
        site.db.send(Changed { row: 1, number: 1 }).await.unwrap();
        let worker = Worker::new(&site.db).lease(Duration::from_millis(500));
        let worker = worker.start().await.unwrap();
        site.until("effects", 0).await;
        assert_eq!(site.count("uniques").await, 1, "it may be used again");
        let long_ago = "UPDATE aftercommit_uniques SET freed_at = 1 WHERE id IS NULL";
        assert_eq!(site.run(long_ago).await, 1, "its effect was delivered");
        site.until("uniques", 0).await;
        worker.drain().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_snapshot_does_not_stand_in_the_way_of_a_commit_only_on_mysql() {
        let builder = MariaDb::builder().setting("innodb-snapshot-isolation", "ON");
        let server = builder.start().unwrap();
        let pool = PoolOptions::<MySql>::new().max_connections(10);
        let pool = pool.connect(&server.url("test")).await.unwrap();
        MySql::tables(&pool).await;
        let keyed = durable("keyed", delivered).key(|changed: &Changed| changed.row.to_string());
        let once = durable("once", delivered).unique(unique);
        let later = durable("later", delivered)
            .unique(unique)
            .delay(|_| Duration::from_millis(1));
        let db =
            Db::new(pool.clone()).with_signals(Signals::new().with(keyed).with(once).with(later));
        db.migrate().await.unwrap();
        let worker = Worker::new(&db).start().await.unwrap();
        for rows in [1, 1_000] {
            let told = commit(&db, 400, rows, 1).await;
            assert!(told.is_empty(), "{told:?} in 400 commits of {rows} rows");
        }
        let left = "SELECT (SELECT COUNT(*) FROM aftercommit_effects) + (SELECT COUNT(*) FROM aftercommit_waiting)";
        patient(
            async || MySql::number(&pool, left.into()).await == 0,
            || "no effects".into(),
        )
        .await;
        worker.drain().await;
        // The user's own rows are as the setting wants them.
        let setting = "SELECT CAST(@@innodb_snapshot_isolation AS SIGNED)";
        assert_eq!(MySql::number(&pool, setting.into()).await, 1);
    }
}
