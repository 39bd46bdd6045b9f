//! The order of a key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use aftercommit::effect::durable;
use aftercommit::{Delivery, Error, Ok, Result, RetryPolicy, Signals};
use serde::{Deserialize, Serialize};

use super::{site, worker};
use crate::support::{Outbox, Sink, Site, patient};

on_each_database_and_the_pooler! {
    effects_of_one_key_come_in_the_order_of_their_commits,
    a_failing_key_is_parked_and_the_rest_goes_on,
    a_dead_letter_keeps_the_turn_of_its_key,
    no_number_of_keys_in_other_hands_keeps_the_others_from_being_found,
}

#[derive(Clone, Serialize, Deserialize)]
struct Step {
    key: String,
    number: usize,
}

async fn effects_of_one_key_come_in_the_order_of_their_commits<DB: Outbox>() {
    let sink = Sink::default();
    let (puts, running_now) = (sink.clone(), Arc::new(AtomicUsize::new(0)));
    let receiver = durable("step", move |step: Delivery<Step>| {
        let (sink, running_now) = (puts.clone(), Arc::clone(&running_now));
        async move {
            if step.key == "a" {
                assert_eq!(
                    running_now.fetch_add(1, Ordering::SeqCst),
                    0,
                    "one at a time"
                );
            }
            tokio::task::yield_now().await;
            sink.put(format!("{} {}", step.key, step.number));
            if step.key == "a" {
                running_now.fetch_sub(1, Ordering::SeqCst);
            }
            Ok(())
        }
    })
    .key(|step: &Step| step.key.clone());
    let (site, running) = site::<DB>(receiver).await;
    // Two workers compete for them.
    let second = site
        .elsewhere()
        .await
        .with_signals(site.db.signals().clone());
    let second = worker(&second).await;
    let mut committing = tokio::task::JoinSet::new();
    for key in ["a", "b", "c"] {
        let db = site.db.clone();
        committing.spawn(async move {
            for number in 0..15 {
                let step = Step {
                    key: key.into(),
                    number,
                };
                db.retry(20)
                    .atomic(async |tx| tx.send(step.clone()).await)
                    .await
                    .unwrap();
            }
        });
    }
    committing.join_all().await;
    let delivered = sink.until(45).await;
    for key in ["a", "b", "c"] {
        let steps: Vec<&String> = delivered
            .iter()
            .filter(|step| step.starts_with(key))
            .collect();
        let expected: Vec<String> = (0..15).map(|number| format!("{key} {number}")).collect();
        assert_eq!(steps, expected.iter().collect::<Vec<_>>());
    }
    site.until("effects", 0).await;
    running.drain().await;
    second.drain().await;
}

/// Delivers steps; those of key `a` only while the gate is open.
fn gated(
    sink: &Sink,
    gate: &Arc<AtomicUsize>,
) -> impl Fn(Delivery<Step>) -> std::future::Ready<Result<()>> + Send + Sync + use<> {
    let (sink, gate) = (sink.clone(), Arc::clone(gate));
    move |step| {
        if step.key == "a" && gate.load(Ordering::SeqCst) == 0 {
            return std::future::ready(Err(Error::other("closed")));
        }
        sink.put(format!("{} {}", step.key, step.number));
        std::future::ready(Ok(()))
    }
}

/// Effects wait behind more keys than one walk looks at, and these keys are the first ones.
async fn no_number_of_keys_in_other_hands_keeps_the_others_from_being_found<DB: Outbox>() {
    const HELD: usize = 250;
    let (sink, gate) = (Sink::default(), Arc::new(AtomicUsize::new(1)));
    let receiver = durable("step", gated(&sink, &gate)).key(|step: &Step| step.key.clone());
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    site.db.migrate().await.unwrap();
    let keys = || (0..HELD).map(|at| format!("a{at:03}"));
    for number in 0..2 {
        let block = site.db.atomic(async |tx| {
            for key in keys() {
                tx.send(Step { key, number }).await?;
            }
            aftercommit::Ok(())
        });
        block.await.unwrap();
    }
    // Somebody who lives is at the first one of each.
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros();
    site.run(&format!(
        "INSERT INTO aftercommit_workers (id, name, started_at, beat_at, lease) VALUES (1, 'elsewhere', {now}, {now}, 3600000000)"
    ))
    .await;
    site.run("UPDATE aftercommit_effects SET owner = 1 WHERE payload LIKE '%\"number\":0%'")
        .await;
    for number in 0..3 {
        let key = "z".to_owned();
        site.db.send(Step { key, number }).await.unwrap();
    }
    let running = worker(&site.db).await;
    assert_eq!(sink.until(3).await, ["z 0", "z 1", "z 2"]);
    running.drain().await;
    assert_eq!(site.count("effects").await, 2 * HELD as i64);
}

async fn send_steps<DB: Outbox>(site: &Site<DB>, numbers: std::ops::Range<usize>) {
    for number in numbers {
        for key in ["a", "b"] {
            site.db
                .send(Step {
                    key: key.into(),
                    number,
                })
                .await
                .unwrap();
        }
    }
}

async fn a_failing_key_is_parked_and_the_rest_goes_on<DB: Outbox>() {
    let (sink, gate) = (Sink::default(), Arc::new(AtomicUsize::new(0)));
    let receiver = durable("step", gated(&sink, &gate))
        .key(|step: &Step| step.key.clone())
        .retry(
            RetryPolicy::attempts(1_000_000)
                .first(Duration::from_secs(2))
                .longest(Duration::from_secs(3)),
        );
    let (site, running) = site::<DB>(receiver).await;
    send_steps(&site, 0..5).await;
    assert_eq!(sink.until(5).await, ["b 0", "b 1", "b 2", "b 3", "b 4"]);
    let parked = "SELECT COUNT(*) FROM aftercommit_waiting WHERE due_at IS NULL";
    patient(
        async || DB::number(&site.others, parked.into()).await == 4,
        || "4 parked".into(),
    )
    .await;
    gate.store(1, Ordering::SeqCst);
    let delivered = sink.until(10).await;
    assert_eq!(delivered[5..], ["a 0", "a 1", "a 2", "a 3", "a 4"]);
    site.until("effects", 0).await;
    site.until("waiting", 0).await;
    running.drain().await;
}

async fn a_dead_letter_keeps_the_turn_of_its_key<DB: Outbox>() {
    let (sink, gate) = (Sink::default(), Arc::new(AtomicUsize::new(0)));
    let receiver = durable("step", gated(&sink, &gate))
        .key(|step: &Step| step.key.clone())
        .retry(RetryPolicy::attempts(1));
    let (site, running) = site::<DB>(receiver).await;
    send_steps(&site, 0..1).await;
    site.until("dead", 1).await;
    gate.store(1, Ordering::SeqCst);
    send_steps(&site, 1..3).await;
    assert_eq!(sink.until(3).await, ["b 0", "b 1", "b 2"]);
    let parked = "SELECT COUNT(*) FROM aftercommit_waiting WHERE due_at IS NULL";
    patient(
        async || DB::number(&site.others, parked.into()).await == 2,
        || "2 parked".into(),
    )
    .await;
    // An operator lets the others pass.
    site.run("UPDATE aftercommit_dead SET blocks = 0").await;
    assert_eq!(sink.until(5).await[3..], ["a 1", "a 2"]);
    running.drain().await;
}
