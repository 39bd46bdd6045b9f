//! What can be set for a worker.

use std::time::Duration;

use aftercommit::effect::durable;
use aftercommit::{RetryPolicy, Signals, Worker};

use super::{into, noted, site, worker};
use crate::support::{Outbox, Sink, Site, patient};

on_each_database_and_the_pooler! {
    settings_that_cannot_work_are_refused,
    times_without_an_end_are_settings_too,
    tables_of_other_names_have_a_worker_of_their_own,
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
