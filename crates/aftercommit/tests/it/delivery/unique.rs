//! In which order effects with a unique key are delivered: as the documentation of `unique` draws it.

use std::sync::Arc;
use std::time::Duration;

use aftercommit::effect::{DurableReceiver, durable};
use aftercommit::{Delivery, Ok, Outcome, Result, Signals};
use tokio::sync::Semaphore;

use super::{Noted, noted, worker};
use crate::support::{Outbox, Sink, Site};

on_each_database_and_the_pooler! {
    a_stale_retry_is_delivered_last_without_a_key,
    a_stale_retry_is_delivered_first_with_a_key,
    an_effect_that_is_joined_keeps_its_place,
}

/// Asks for more time at the first `v1`, and puts down what it delivers.
fn late(
    sink: &Sink,
    refused: &Arc<Semaphore>,
) -> impl Fn(Delivery<Noted>) -> std::future::Ready<Result<Outcome>> + Send + Sync + use<> {
    let (sink, refused) = (sink.clone(), Arc::clone(refused));
    let first = std::sync::atomic::AtomicBool::new(true);
    move |delivery: Delivery<Noted>| {
        let stale = delivery.0 == "v1" && first.swap(false, std::sync::atomic::Ordering::SeqCst);
        std::future::ready(Ok(if stale {
            refused.add_permits(1);
            Outcome::RetryAfter(Duration::from_secs(3600))
        } else {
            sink.put(&delivery.0);
            Outcome::Done
        }))
    }
}

async fn stale_retry<DB: Outbox>(
    with: impl FnOnce(DurableReceiver<DB, Noted>) -> DurableReceiver<DB, Noted>,
    before_the_retry: usize,
) -> Vec<String> {
    let (sink, refused) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let receiver = with(durable("sync", late(&sink, &refused)).unique(|_: &Noted| "row 7".into()));
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    site.db.migrate().await.unwrap();
    let running = worker(&site.db).await;
    site.db.send(noted("v1")).await.unwrap();
    let _permit = refused.acquire().await.unwrap();
    site.until("waiting", 1).await;
    site.db.send(noted("v2")).await.unwrap();
    sink.until(before_the_retry).await;
    // The wait is over.
    site.run("UPDATE aftercommit_waiting SET due_at = 0 WHERE due_at IS NOT NULL")
        .await;
    let delivered = sink.until(2).await;
    running.drain().await;
    delivered
}

async fn a_stale_retry_is_delivered_last_without_a_key<DB: Outbox>() {
    assert_eq!(
        stale_retry::<DB>(|receiver| receiver, 1).await,
        ["v2", "v1"]
    );
}

async fn a_stale_retry_is_delivered_first_with_a_key<DB: Outbox>() {
    let keyed = |receiver: DurableReceiver<DB, Noted>| receiver.key(|_| "row 7".into());
    assert_eq!(stale_retry::<DB>(keyed, 0).await, ["v1", "v2"]);
}

async fn an_effect_that_is_joined_keeps_its_place<DB: Outbox>() {
    let sink = Sink::default();
    let receiver = durable("sync", super::into(&sink))
        .key(|_: &Noted| "all".into())
        .unique(|noted: &Noted| noted.0[..1].into());
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    site.db.migrate().await.unwrap();
    for text in ["a:1", "b:2", "a:3"] {
        site.db.send(noted(text)).await.unwrap();
    }
    let running = worker(&site.db).await;
    assert_eq!(sink.until(2).await, ["a:3", "b:2"]);
    running.drain().await;
}
