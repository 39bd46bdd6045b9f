//! What can be set for a worker.

use std::time::Duration;

use aftercommit::effect::durable;
use aftercommit::{Db, Result, RetryPolicy, Signals, Tx, Worker};

use super::{Noted, into, noted, site, worker};
use crate::support::{Outbox, Sink, Site, patient};

on_each_database_and_the_pooler! {
    settings_that_cannot_work_are_refused,
    times_without_an_end_are_settings_too,
    tables_of_other_names_have_a_worker_of_their_own,
    a_pool_that_leaves_no_connection_to_a_handler_is_refused,
}

async fn settings_that_cannot_work_are_refused<DB: Outbox>() {
    let site = Site::<DB>::open().await;
    if !DB::MIGRATED {
        let missing = Worker::new(&site.db).start().await.unwrap_err();
        assert_eq!(missing.code(), Some("SCHEMA_MISSING"), "{missing}");
    }
    site.db.migrate().await.unwrap();
    let refused = Worker::new(&site.db)
        .lease(Duration::ZERO)
        .start()
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("`lease`"), "{refused}");
    let refused = Worker::new(&site.db)
        .poll_every(Duration::ZERO)
        .start()
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("`poll_every`"), "{refused}");
    for name in ["x".repeat(191), "a\0".into()] {
        let refused = Worker::new(&site.db).name(name).start().await.unwrap_err();
        assert!(refused.to_string().contains("`name`"), "{refused}");
    }
    let running = worker(&site.db).await;
    let second = Worker::new(&site.db).start().await.unwrap_err();
    assert_eq!(second.code(), Some("WORKER_RUNNING"));
    running.drain().await;
    worker(&site.db).await.drain().await;
    site.run("INSERT INTO aftercommit_schema (version) VALUES (99)")
        .await;
    let newer = Worker::new(&site.db).start().await.unwrap_err();
    assert_eq!(newer.code(), Some("SCHEMA_VERSION"));
    assert!(newer.to_string().contains("99"), "{newer}");
}

async fn insert_it<DB: Outbox>(tx: &mut Tx<DB>, noted: &Noted) -> Result<()> {
    DB::insert(tx, noted.0.parse().unwrap()).await
}

async fn a_pool_that_leaves_no_connection_to_a_handler_is_refused<DB: Outbox>() {
    for connections in [1, 2] {
        let site = Site::<DB>::with_pool_of(connections).await;
        site.db.migrate().await.unwrap();
        let handlers = Signals::new().with(durable("insert", insert_it::<DB>));
        let refused = Worker::new(&site.db.clone().with_signals(handlers))
            .start()
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Some("BAD_SETTING"), "{refused}");
        assert!(refused.to_string().contains("at least 3"), "{refused}");
        // Other handlers need none of them.
        let sink = Sink::default();
        let others = Signals::new().with(durable("note", into(&sink)));
        let db = site.db.clone().with_signals(others);
        let running = worker(&db).await;
        db.send(noted("x")).await.unwrap();
        assert_eq!(sink.until(1).await, ["x"]);
        running.drain().await;
    }
}

#[tokio::test]
async fn a_database_in_memory_has_one_connection_for_everything_only_on_sqlite() {
    let handlers = Signals::new().with(durable("insert", insert_it::<sqlx::Sqlite>));
    for url in ["sqlite::memory:", "sqlite:file:shared?mode=memory"] {
        let db = Db::<sqlx::Sqlite>::connect(url).await.unwrap();
        let db = db.with_signals(handlers.clone());
        db.migrate().await.unwrap();
        sqlx::raw_sql("CREATE TABLE item (id INTEGER PRIMARY KEY, val BIGINT)")
            .execute(db.pool())
            .await
            .unwrap();
        let running = worker(&db).await;
        for number in 0..3 {
            db.send(noted(number)).await.unwrap();
        }
        patient(
            async || <sqlx::Sqlite as crate::support::Server>::ids(db.pool()).await == [0, 1, 2],
            || "the rows".into(),
        )
        .await;
        running.drain().await;
        // What is there stays there when the worker goes.
        let ids = <sqlx::Sqlite as crate::support::Server>::ids(db.pool()).await;
        assert_eq!(ids, [0, 1, 2]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_do_not_commit_by_themselves_are_no_matter_only_on_mysql() {
    let sink = Sink::default();
    let mut site = Site::<sqlx::MySql>::open()
        .await
        .with_signals(Signals::new().with(durable("note", into(&sink))));
    let pool = sqlx::pool::PoolOptions::new()
        .max_connections(5)
        .after_connect(|conn, _| {
            Box::pin(async move {
                sqlx::raw_sql("SET autocommit = 0").execute(conn).await?;
                std::result::Result::Ok(())
            })
        })
        .connect_with(site.options.clone());
    site.replace_pool(pool.await.unwrap());
    site.run("DROP TABLE aftercommit_schema").await;
    site.db.migrate().await.unwrap();
    let running = worker(&site.db).await;
    site.db.send(noted("x")).await.unwrap();
    assert_eq!(sink.until(1).await, ["x"]);
    site.until("effects", 0).await;
    site.db.operate().pause("note").await.unwrap();
    let paused = "SELECT COUNT(*) FROM aftercommit_receivers WHERE paused_at IS NOT NULL";
    assert_eq!(
        <sqlx::MySql as Outbox>::number(&site.others, paused.into()).await,
        1
    );
    running.drain().await;
    assert_eq!(site.count("workers").await, 0);
}

async fn times_without_an_end_are_settings_too<DB: Outbox>() {
    let sink = Sink::default();
    let receiver = durable("note", into(&sink))
        .concurrency(usize::MAX)
        .batch(usize::MAX)
        .timeout(Duration::MAX)
        .retry(RetryPolicy::attempts(2).longest(Duration::MAX));
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    site.db.migrate().await.unwrap();
    let running = Worker::new(&site.db)
        .grace(Duration::MAX)
        .lease(Duration::MAX)
        .poll_every(Duration::MAX)
        .start()
        .await
        .unwrap();
    site.until("workers", 1).await;
    site.db.send(noted("x")).await.unwrap();
    sink.until(1).await;
    site.until("effects", 0).await;
    assert_eq!(running.drain().await.delivered, 1);
    assert_eq!(site.count("workers").await, 0);
}

async fn tables_of_other_names_have_a_worker_of_their_own<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    site.db.send(noted("here")).await.unwrap();
    sink.until(1).await;
    let there = site.db.clone().with_tables(None, "queue_").unwrap();
    there.migrate().await.unwrap();
    there.send(noted("there")).await.unwrap();
    let owned = "SELECT COUNT(*) FROM queue_effects WHERE owner IS NOT NULL";
    assert_eq!(DB::number(&site.others, owned.into()).await, 0);
    let second = worker(&there).await;
    assert_eq!(sink.until(2).await, ["here", "there"]);
    patient(
        async || DB::number(&site.others, "SELECT COUNT(*) FROM queue_effects".into()).await == 0,
        || "the end of it".into(),
    )
    .await;
    assert_eq!(second.drain().await.delivered, 1);
    assert_eq!(running.drain().await.delivered, 1);
}
