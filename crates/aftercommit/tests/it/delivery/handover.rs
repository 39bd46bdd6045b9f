//! How a worker comes by an effect: it is handed over, it is found, or the worker is woken.

use std::time::Duration;

use aftercommit::delivery::Point;
use aftercommit::effect::{durable, durable_elsewhere};
use aftercommit::testing::{Act, Faults};
use aftercommit::{Error, Result, Signals, Worker};

use super::{Noted, into, noted, site, worker};
use crate::support::{Outbox, Sink, Site, patient};

on_each_database_and_the_pooler! {
    what_is_committed_is_delivered_and_nothing_else,
    effects_of_other_processes_are_found,
    a_lost_hand_over_is_found,
    the_clock_of_a_worker_does_not_matter,
}

async fn what_is_committed_is_delivered_and_nothing_else<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    let failed: Result<()> = site
        .db
        .atomic(async |tx| {
            tx.send(noted("rolled back")).await?;
            Err(Error::other("no"))
        })
        .await;
    assert!(failed.is_err());
    for number in 0..20 {
        site.db.send(noted(number)).await.unwrap();
    }
    let mut delivered = sink.until(20).await;
    delivered.sort_by_key(|number| number.parse::<u32>().unwrap());
    assert_eq!(
        delivered,
        (0..20).map(|number| number.to_string()).collect::<Vec<_>>()
    );
    site.until("effects", 0).await;
    let drained = running.drain().await;
    assert_eq!((drained.delivered, drained.lost), (20, 0));
    assert_eq!(site.count("workers").await, 0);
}

async fn effects_of_other_processes_are_found<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    let elsewhere = site
        .elsewhere()
        .await
        .with_signals(Signals::new().with(durable_elsewhere::<_, Noted>("note")));
    elsewhere.send(noted("from afar")).await.unwrap();
    assert_eq!(sink.until(1).await, ["from afar"]);
    running.drain().await;
}

async fn a_lost_hand_over_is_found<DB: Outbox>() {
    let sink = Sink::default();
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().durable("note", into(&sink)));
    site.db.migrate().await.unwrap();
    let faults = Faults::new().at_point(Point::Committed, 1, Act::Fail);
    let db = site.db.clone().with_faults(&faults);
    let running = worker(&db).await;
    patient(
        async || site.count("workers").await == 1,
        || "the worker".into(),
    )
    .await;
    // The worker must have been heard of, or the effect would be nobody's from the start.
    patient(
        async || {
            db.send(noted("x")).await.unwrap();
            faults.reached(Point::Committed) > 0
        },
        || "a commit".into(),
    )
    .await;
    sink.until(1).await;
    site.until("effects", 0).await;
    running.drain().await;
}

async fn the_clock_of_a_worker_does_not_matter<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    let signals = || Signals::new().with(durable_elsewhere::<_, Noted>("unheard"));
    let elsewhere = site.elsewhere().await.with_signals(signals());
    elsewhere.send(noted("now")).await.unwrap();
    elsewhere.send(noted("a day behind")).await.unwrap();
    elsewhere.send(noted("a day ahead")).await.unwrap();
    // Ids have the time of the process that gave them.
    for (text, id) in [
        ("a day behind", "0190a1b2-0000-7000-8000-000000000001"),
        ("a day ahead", "0fffffff-0000-7000-8000-000000000002"),
    ] {
        let id = DB::id(id);
        site.run(&format!(
            "UPDATE aftercommit_effects SET id = {id} WHERE payload = '\"{text}\"'"
        ))
        .await;
    }
    site.run("UPDATE aftercommit_effects SET receiver = 'note'")
        .await;
    let mut delivered = sink.until(3).await;
    delivered.sort();
    assert_eq!(delivered, ["a day ahead", "a day behind", "now"]);
    // And again, when the scan has gone beyond the old ones.
    elsewhere.send(noted("late")).await.unwrap();
    let id = DB::id("0190a1b2-0000-7000-8000-000000000003");
    site.run(&format!(
        "UPDATE aftercommit_effects SET id = {id}, receiver = 'note' WHERE receiver = 'unheard'"
    ))
    .await;
    sink.until(4).await;
    running.drain().await;
}

mod postgres_alone {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_wake_up_reaches_other_processes_only_on_postgres() {
        let sink = Sink::default();
        let mut site = Site::<sqlx::Postgres>::open().await;
        site.db = site.db.clone().with_wake_ups();
        let site = site.with_signals(Signals::new().with(durable("note", into(&sink))));
        site.db.migrate().await.unwrap();
        // It does not look by itself while this test lasts.
        let worker = Worker::new(&site.db).poll_every(Duration::from_secs(3600));
        let running = worker.start().await.unwrap();
        let elsewhere = site.elsewhere().await.with_wake_ups();
        let elsewhere =
            elsewhere.with_signals(Signals::new().with(durable_elsewhere::<_, Noted>("note")));
        for number in 0..5 {
            elsewhere.send(noted(number)).await.unwrap();
            sink.until(number + 1).await;
        }
        running.drain().await;
    }
}
