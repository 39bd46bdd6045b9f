//! Receivers that are not there, come, and go.

use std::sync::Arc;

use aftercommit::Signals;
use aftercommit::delivery::Point;
use aftercommit::effect::{durable, durable_elsewhere};
use aftercommit::testing::Faults;
use tokio::sync::Semaphore;

use super::{Noted, into, noted, site, when_told, worker};
use crate::support::{Outbox, Sink, Site, patient};

on_each_database_and_the_pooler! {
    an_effect_without_a_receiver_stays,
    receivers_may_come_and_go_while_a_worker_runs,
    a_receiver_that_went_while_it_ran_takes_nothing_more,
}

async fn an_effect_without_a_receiver_stays<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    let elsewhere = site.elsewhere().await;
    let signals = Signals::new()
        .with(durable_elsewhere::<_, Noted>("unheard"))
        .with(durable_elsewhere::<_, Noted>("note"));
    elsewhere
        .with_signals(signals)
        .send(noted("x"))
        .await
        .unwrap();
    sink.until(1).await;
    site.until("effects", 1).await;
    let left = DB::payloads(
        &site.others,
        "SELECT receiver FROM aftercommit_effects".into(),
    )
    .await;
    assert_eq!(left, ["unheard"]);
    running.drain().await;
}

async fn receivers_may_come_and_go_while_a_worker_runs<DB: Outbox>() {
    let (first, second) = (Sink::default(), Sink::default());
    let (site, running) = site::<DB>(durable("first", into(&first))).await;
    let connection = site
        .db
        .signals()
        .connect(durable("second", into(&second)))
        .unwrap();
    site.db.send(noted(1)).await.unwrap();
    first.until(1).await;
    second.until(1).await;
    connection.disconnect();
    site.db.send(noted(2)).await.unwrap();
    first.until(2).await;
    site.until("effects", 0).await;
    assert_eq!(second.all(), ["1"]);
    running.drain().await;
}

async fn a_receiver_that_went_while_it_ran_takes_nothing_more<DB: Outbox>() {
    let (sink, go) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let faults = Faults::new();
    let db = site.db.clone().with_faults(&faults);
    let running = worker(&db).await;
    let connection = db
        .signals()
        .connect(durable("note", when_told(&sink, &go)))
        .unwrap();
    db.send(noted("running")).await.unwrap();
    sink.until(1).await;
    connection.disconnect();
    // The worker has seen that it is gone, has asked who is paused, and has looked after the others.
    let rescued = faults.reached(Point::Rescue);
    patient(
        async || faults.reached(Point::Rescue) > rescued + 1,
        || "some rounds".into(),
    )
    .await;
    go.add_permits(1);
    site.until("effects", 0).await;
    let elsewhere = Signals::new().with(durable_elsewhere::<_, Noted>("note"));
    let elsewhere = site.elsewhere().await.with_signals(elsewhere);
    elsewhere.send(noted("for others")).await.unwrap();
    let claims = faults.reached(Point::Claimed);
    let rescued = faults.reached(Point::Rescue);
    patient(
        async || faults.reached(Point::Rescue) > rescued + 1,
        || "some more rounds".into(),
    )
    .await;
    assert_eq!(faults.reached(Point::Claimed), claims, "it was taken");
    // Whoever is connected again is served again.
    db.signals()
        .connect(durable("note", when_told(&sink, &go)))
        .unwrap();
    assert_eq!(sink.until(2).await, ["running", "for others"]);
    go.add_permits(1);
    site.until("effects", 0).await;
    assert_eq!(running.drain().await.lost, 0);
}
