//! Who may answer for an effect, when a worker is late, dead, or killed by it.

use std::sync::Arc;

use aftercommit::Signals;
use aftercommit::effect::{durable, durable_elsewhere};
use tokio::sync::Semaphore;

use super::{Noted, into, noted, site, when_told};
use crate::support::{Outbox, Sink, patient};

on_each_database_and_the_pooler! {
    a_late_answer_changes_nothing,
    a_dead_worker_is_taken_over,
    an_effect_that_kills_is_set_aside,
}

async fn a_late_answer_changes_nothing<DB: Outbox>() {
    let (sink, go) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let (site, running) = site::<DB>(durable("note", when_told(&sink, &go))).await;
    site.db.send(noted("x")).await.unwrap();
    sink.until(1).await;
    // Somebody took the worker for dead, took its effect, and gave it up.
    let moved = "INSERT INTO aftercommit_dead (id, receiver, version, payload, created_at, died_at, why, blocks, fence, failures)
        SELECT id, receiver, version, payload, created_at, 0, 'by another worker', 0, fence + 1, 0 FROM aftercommit_effects";
    assert_eq!(site.run(moved).await, 1);
    site.run("DELETE FROM aftercommit_effects").await;
    site.run("DELETE FROM aftercommit_workers").await;
    go.add_permits(1);
    patient(
        async || site.heard.has("1 lease lost"),
        || "the loss".into(),
    )
    .await;
    assert_eq!(site.effects("dead").await, ["\"x\""]);
    // It goes on under another identity.
    site.until("workers", 1).await;
    go.add_permits(10);
    site.db.send(noted("y")).await.unwrap();
    assert_eq!(sink.until(2).await, ["x", "y"]);
    site.until("effects", 0).await;
    let drained = running.drain().await;
    assert_eq!(
        (drained.lost, drained.delivered),
        (1, 1),
        "{:?}",
        site.heard.all()
    );
}

async fn a_dead_worker_is_taken_over<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    // A worker that was registered, took an effect, and gives no sign of life any more.
    let elsewhere = site.elsewhere().await;
    let signals = Signals::new().with(durable_elsewhere::<_, Noted>("unheard"));
    elsewhere
        .with_signals(signals)
        .send(noted("x"))
        .await
        .unwrap();
    let dead = "INSERT INTO aftercommit_workers (id, name, started_at, beat_at, lease) VALUES (1, 'dead', 0, 0, 1)";
    site.run(dead).await;
    site.run("UPDATE aftercommit_effects SET owner = 1, fence = 1, receiver = 'note'")
        .await;
    assert_eq!(sink.until(1).await, ["x"]);
    site.until("workers", 1).await;
    running.drain().await;
}

async fn an_effect_that_kills_is_set_aside<DB: Outbox>() {
    let (sink, go) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let (site, running) = site::<DB>(durable("note", when_told(&sink, &go))).await;
    let signals = Signals::new().with(durable_elsewhere::<_, Noted>("unheard"));
    let elsewhere = site.elsewhere().await.with_signals(signals);
    elsewhere.send(noted("killer")).await.unwrap();
    site.run("UPDATE aftercommit_effects SET rescues = 3, starts = 2")
        .await;
    elsewhere.send(noted("bystander")).await.unwrap();
    site.run("UPDATE aftercommit_effects SET rescues = 3 WHERE starts = 0")
        .await;
    site.run("UPDATE aftercommit_effects SET receiver = 'note'")
        .await;
    assert_eq!(sink.until(1).await, ["bystander"]);
    // Its start is written down while it runs.
    assert_eq!(
        DB::number(
            &site.others,
            "SELECT starts FROM aftercommit_effects WHERE payload = '\"bystander\"'".into()
        )
        .await,
        1
    );
    go.add_permits(1);
    site.until("dead", 1).await;
    assert_eq!(site.effects("dead").await, ["\"killer\""]);
    let why = DB::payloads(&site.others, "SELECT why FROM aftercommit_dead".into()).await;
    assert!(why[0].contains("died 3 times"), "{why:?}");
    site.until("effects", 0).await;
    assert_eq!(sink.all(), ["bystander"]);
    running.drain().await;
}
