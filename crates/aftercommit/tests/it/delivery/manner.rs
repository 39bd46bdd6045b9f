//! What a receiver asks for: a delay, one of a kind, batches, a limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aftercommit::effect::durable;
use aftercommit::{Delivery, Ok, Outcome, Signals};
use tokio::sync::Semaphore;

use super::{Noted, into, noted, site, worker};
use crate::support::{Outbox, Sink, Site, patient};

on_each_database_and_the_pooler! {
    a_delayed_effect_waits,
    what_is_committed_while_a_unique_effect_is_delivered_is_not_lost,
    a_batch_has_an_outcome_for_each,
    concurrency_has_a_limit,
}

async fn a_delayed_effect_waits<DB: Outbox>() {
    let sink = Sink::default();
    let receiver = durable("note", into(&sink)).delay(|noted: &Noted| match noted.0.as_str() {
        "soon" => Duration::from_millis(20),
        _ => Duration::from_secs(3600),
    });
    let (site, running) = site::<DB>(receiver).await;
    site.db.send(noted("much later")).await.unwrap();
    site.db.send(noted("soon")).await.unwrap();
    assert_eq!(sink.until(1).await, ["soon"]);
    assert_eq!(site.effects("waiting").await, ["\"much later\""]);
    running.drain().await;
}

async fn what_is_committed_while_a_unique_effect_is_delivered_is_not_lost<DB: Outbox>() {
    let (sink, go) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let (puts, waits) = (sink.clone(), Arc::clone(&go));
    let receiver = durable("reindex", move |noted: Delivery<Noted>| {
        let (sink, go) = (puts.clone(), Arc::clone(&waits));
        async move {
            sink.put(format!("begins {}", noted.0));
            go.acquire().await.unwrap().forget();
            Ok(())
        }
    })
    .unique(|_: &Noted| "all".into());
    let (site, running) = site::<DB>(receiver).await;
    site.db.send(noted(1)).await.unwrap();
    sink.until(1).await;
    // It has begun and may have read the old state: the next one must come again, and once for both.
    for number in [2, 3] {
        site.db.send(noted(number)).await.unwrap();
    }
    go.add_permits(10);
    let mut last = Vec::new();
    patient(
        async || {
            last = sink.all();
            last.last().is_some_and(|last| last == "begins 3")
        },
        || "begins 3".into(),
    )
    .await;
    assert!(last.len() <= 3, "{last:?}");
    site.until("effects", 0).await;
    running.drain().await;
}

async fn a_batch_has_an_outcome_for_each<DB: Outbox>() {
    let sink = Sink::default();
    let puts = sink.clone();
    let receiver = durable("note", move |all: Vec<Delivery<Noted>>| {
        let sink = puts.clone();
        async move {
            sink.put(all.len().to_string());
            let answer = |noted: &Delivery<Noted>| match noted.0.as_str() {
                "bad" => Outcome::discard("bad"),
                _ => Outcome::Done,
            };
            Ok(all.iter().map(answer).collect::<Vec<_>>())
        }
    })
    .batch(4)
    .concurrency(1);
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    site.db.migrate().await.unwrap();
    for text in ["a", "bad", "b", "c", "d", "e"] {
        site.db.send(noted(text)).await.unwrap();
    }
    let running = worker(&site.db).await;
    site.until("effects", 0).await;
    assert_eq!(sink.all(), ["4", "2"]);
    assert_eq!(site.effects("dead").await, ["\"bad\""]);
    running.drain().await;
}

async fn concurrency_has_a_limit<DB: Outbox>() {
    let (sink, go, most) = (
        Sink::default(),
        Arc::new(Semaphore::new(0)),
        Arc::new(AtomicUsize::new(0)),
    );
    let (puts, waits, now) = (sink.clone(), Arc::clone(&go), Arc::clone(&most));
    let receiver = durable("note", move |noted: Delivery<Noted>| {
        let (sink, go, now) = (puts.clone(), Arc::clone(&waits), Arc::clone(&now));
        async move {
            now.fetch_add(1, Ordering::SeqCst);
            sink.put(&noted.0);
            go.acquire().await.unwrap().forget();
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    })
    .concurrency(3);
    let (site, running) = site::<DB>(receiver).await;
    for number in 0..12 {
        site.db.send(noted(number)).await.unwrap();
    }
    for number in 0..12 {
        sink.until((number + 1).min(12)).await;
        assert!(most.load(Ordering::SeqCst) <= 3);
        go.add_permits(1);
    }
    site.until("effects", 0).await;
    running.drain().await;
}
