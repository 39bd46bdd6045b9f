//! The life of a worker: statements without an answer, its drain, the end of its runtime.

use std::sync::Arc;
use std::time::Duration;

use aftercommit::delivery::Point;
use aftercommit::effect::{durable, durable_elsewhere};
use aftercommit::testing::{Act, Faults, StatementFault};
use aftercommit::{Signals, Worker};
use tokio::sync::Semaphore;

use super::{Noted, into, noted, when_told, worker};
use crate::support::{Outbox, Sink, Site, patient};

on_each_database_and_the_pooler! {
    an_answer_that_never_comes_is_not_waited_for,
    a_drain_gives_back_what_is_not_finished,
    a_worker_that_goes_tries_again_to_give_everything_back,
    a_worker_whose_runtime_ended_leaves_room_for_another,
}

async fn an_answer_that_never_comes_is_not_waited_for<DB: Outbox>() {
    let sink = Sink::default();
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().durable("note", into(&sink)));
    site.db.migrate().await.unwrap();
    let all = [Point::Extend, Point::Rescue, Point::Claim, Point::Settle];
    let faults = all.into_iter().fold(Faults::new(), |faults, point| {
        faults.at_point(point, 2, Act::Hang)
    });
    let db = site.db.clone().with_faults(&faults);
    let running = Worker::new(&db)
        .poll_every(Duration::from_millis(20))
        .lease(Duration::from_millis(500))
        .start()
        .await
        .unwrap();
    let elsewhere = Signals::new().with(durable_elsewhere::<_, Noted>("note"));
    let elsewhere = site.elsewhere().await.with_signals(elsewhere);
    // One after another, so that each needs a claim and a statement that settles it.
    for number in 1..=3 {
        elsewhere.send(noted(number)).await.unwrap();
        sink.until(number).await;
    }
    for point in all {
        patient(
            async || faults.reached(point) > 2,
            || format!("another {}", point.name()),
        )
        .await;
    }
    site.until("effects", 0).await;
    running.drain().await;
}

async fn a_drain_gives_back_what_is_not_finished<DB: Outbox>() {
    let (sink, go) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let receiver = durable("note", when_told(&sink, &go)).concurrency(1);
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    site.db.migrate().await.unwrap();
    let running = Worker::new(&site.db)
        .grace(Duration::from_millis(50))
        .start()
        .await
        .unwrap();
    for number in 0..3 {
        site.db.send(noted(number)).await.unwrap();
    }
    sink.until(1).await;
    let drained = running.drain().await;
    assert_eq!((drained.delivered, drained.lost), (0, 0));
    let free = "SELECT COUNT(*) FROM aftercommit_effects WHERE owner IS NULL";
    assert_eq!(DB::number(&site.others, free.into()).await, 3);
    assert_eq!(site.count("workers").await, 0);
    // Another worker takes them at once, and a commit after the drain is its business too.
    site.db.send(noted(3)).await.unwrap();
    go.add_permits(10);
    let running = worker(&site.db).await;
    sink.until(5).await;
    site.until("effects", 0).await;
    running.drain().await;
}

async fn a_worker_whose_runtime_ended_leaves_room_for_another<DB: Outbox>() {
    let sink = Sink::default();
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().durable("note", into(&sink)));
    site.db.migrate().await.unwrap();
    let db = site.db.clone();
    let first = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let running = runtime.block_on(async { Worker::new(&db).start().await.unwrap() });
        drop(runtime);
        running
    });
    let first = first.await.unwrap();
    // The first one gives its leases back before it leaves.
    let mut second = None;
    patient(
        async || {
            second = super::quick(&site.db).start().await.ok();
            second.is_some()
        },
        || "room for a worker".into(),
    )
    .await;
    let running = second.unwrap();
    site.db.send(noted("x")).await.unwrap();
    sink.until(1).await;
    running.drain().await;
    drop(first);
}

/// What it has cut off may still hold its locks.
async fn a_worker_that_goes_tries_again_to_give_everything_back<DB: Outbox>() {
    let site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let faults = Faults::new().at_statement("resign", StatementFault::Refused("40P01"));
    let running = worker(&site.db.clone().with_faults(&faults)).await;
    site.until("workers", 1).await;
    running.drain().await;
    assert_eq!(site.count("workers").await, 0);
}
