//! The target is down, which is no effect's fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aftercommit::effect::{durable, durable_elsewhere};
use aftercommit::{Delivery, Ok, Outcome, RetryPolicy, Signals};

use super::{Noted, noted, site};
use crate::support::{Outbox, Sink, patient};

on_each_database_and_the_pooler! {
    an_outage_uses_up_no_attempts,
    a_probe_that_says_nothing_of_the_target_is_followed_by_another,
}

async fn an_outage_uses_up_no_attempts<DB: Outbox>() {
    let sink = Sink::default();
    let puts = sink.clone();
    let receiver = durable("note", move |delivery: Delivery<Noted>| {
        puts.put(&delivery.0);
        async { Ok(Outcome::unavailable("connection refused")) }
    })
    .concurrency(1)
    .retry(RetryPolicy::attempts(1));
    let (site, running) = site::<DB>(receiver).await;
    for number in 0..50 {
        site.db.send(noted(number)).await.unwrap();
    }
    patient(
        async || site.heard.has("breaker opened for note"),
        || "the breaker".into(),
    )
    .await;
    // All are still there, none has failed, and few were tried.
    patient(
        async || site.count("waiting").await + site.count("effects").await == 50,
        || "50 effects".into(),
    )
    .await;
    assert_eq!(site.count("dead").await, 0);
    let failures = "SELECT COALESCE(MAX(failures), 0) FROM aftercommit_waiting";
    assert_eq!(DB::number(&site.others, failures.into()).await, 0);
    assert!(sink.all().len() < 10, "{:?}", sink.all());
    running.drain().await;
}

async fn a_probe_that_says_nothing_of_the_target_is_followed_by_another<DB: Outbox>() {
    let (sink, there) = (Sink::default(), Arc::new(AtomicUsize::new(0)));
    let (puts, there_now) = (sink.clone(), Arc::clone(&there));
    let receiver = durable("note", move |delivery: Delivery<Noted>| {
        let up = there_now.load(Ordering::SeqCst) > 0;
        if up {
            puts.put(&delivery.0);
        }
        let answer = if up {
            Outcome::Done
        } else {
            Outcome::unavailable("connection refused")
        };
        async { Ok(answer) }
    })
    .version(2);
    let (site, running) = site::<DB>(receiver).await;
    for number in 0..5 {
        site.db.send(noted(number)).await.unwrap();
    }
    patient(
        async || site.heard.has("breaker opened for note"),
        || "the breaker".into(),
    )
    .await;
    // The next one that is tried cannot be read, so nothing is learned from it.
    there.store(1, Ordering::SeqCst);
    let old = Signals::new().with(durable_elsewhere::<_, Noted>("note"));
    let elsewhere = site.elsewhere().await.with_signals(old);
    elsewhere.send(noted("old")).await.unwrap();
    site.until("dead", 1).await;
    site.db.send(noted("after")).await.unwrap();
    patient(
        async || sink.all().contains(&"after".to_owned()),
        || "what came after".into(),
    )
    .await;
    running.drain().await;
}
