//! Effects that fail: again, and in the end no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aftercommit::effect::durable;
use aftercommit::{Delivery, Error, Ok, Result};

use super::{Noted, noted, quickly, site};
use crate::support::{Outbox, Sink};

on_each_database_and_the_pooler! {
    a_failed_effect_comes_back_with_the_same_id,
    a_failing_effect_is_given_up_in_the_end,
    a_call_without_an_end_is_ended,
}

/// Fails, or panics, so many times.
fn failing(
    sink: &Sink,
    times: usize,
    panics: bool,
) -> impl Fn(Delivery<Noted>) -> futures_core::future::BoxFuture<'static, Result<()>> + Send + Sync + use<>
{
    let (sink, calls) = (sink.clone(), Arc::new(AtomicUsize::new(0)));
    move |delivery| {
        let (sink, call) = (sink.clone(), calls.fetch_add(1, Ordering::SeqCst));
        Box::pin(async move {
            sink.put(format!("{} {}", delivery.id(), delivery.attempt()));
            assert!(!(panics && call < times), "on purpose");
            if call < times {
                Err(Error::other("not yet"))
            } else {
                Ok(())
            }
        })
    }
}

async fn a_failed_effect_comes_back_with_the_same_id<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) =
        site::<DB>(durable("note", failing(&sink, 2, false)).retry(quickly(5))).await;
    site.db.send(noted("x")).await.unwrap();
    let delivered = sink.until(3).await;
    let id = delivered[0].split(' ').next().unwrap();
    assert_eq!(
        delivered,
        [format!("{id} 1"), format!("{id} 2"), format!("{id} 3")]
    );
    for table in ["effects", "waiting", "dead"] {
        site.until(table, 0).await;
    }
    running.drain().await;
}

async fn a_failing_effect_is_given_up_in_the_end<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) =
        site::<DB>(durable("note", failing(&sink, 99, true)).retry(quickly(3))).await;
    site.db.send(noted("x")).await.unwrap();
    site.until("dead", 1).await;
    assert_eq!(sink.all().len(), 3);
    let why = DB::payloads(&site.others, "SELECT why FROM aftercommit_dead".into()).await;
    assert!(
        why[0].contains("gave up after 3 attempts") && why[0].contains("on purpose"),
        "{why:?}"
    );
    let history = DB::payloads(&site.others, "SELECT history FROM aftercommit_dead".into()).await;
    assert_eq!(history[0].matches("\"number\"").count(), 3, "{history:?}");
    assert_eq!(site.effects("dead").await, ["\"x\""]);
    running.drain().await;
}

async fn a_call_without_an_end_is_ended<DB: Outbox>() {
    let receiver = durable("note", |_: Delivery<Noted>| {
        std::future::pending::<Result<()>>()
    })
    .timeout(Duration::from_millis(10))
    .retry(quickly(1));
    let (site, running) = site::<DB>(receiver).await;
    site.db.send(noted("x")).await.unwrap();
    site.until("dead", 1).await;
    let why = DB::payloads(&site.others, "SELECT why FROM aftercommit_dead".into()).await;
    assert!(why[0].contains("took longer than 10ms"), "{why:?}");
    running.drain().await;
}
