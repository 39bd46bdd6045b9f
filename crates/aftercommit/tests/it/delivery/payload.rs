//! What an effect carries: a payload of some version, and headers.

use aftercommit::effect::{durable, durable_elsewhere};
use aftercommit::{Delivery, Ok, Signals};
use serde::Serialize;

use super::{Noted, into, noted, site, worker};
use crate::support::{Outbox, Sink};

on_each_database_and_the_pooler! {
    a_payload_of_another_version_is_a_dead_letter_at_once,
    a_payload_of_a_newer_version_waits_for_a_newer_process,
    headers_travel,
}

async fn a_payload_of_another_version_is_a_dead_letter_at_once<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink)).version(2)).await;
    #[derive(Serialize)]
    struct Numbered(u32);
    let old = durable_elsewhere::<_, Noted>("note");
    let changed = durable_elsewhere::<_, Numbered>("note").version(2);
    for signals in [Signals::new().with(old), Signals::new().with(changed)] {
        let elsewhere = site.elsewhere().await.with_signals(signals);
        elsewhere.send(noted("old")).await.unwrap();
        elsewhere.send(Numbered(5)).await.unwrap();
    }
    site.until("dead", 2).await;
    let why = DB::payloads(
        &site.others,
        "SELECT why FROM aftercommit_dead ORDER BY id".into(),
    )
    .await;
    assert!(
        why[0].contains("has version 1 and the receiver reads version 2"),
        "{why:?}"
    );
    assert!(
        why[1].contains("DECODE_FAILED") && why[1].contains("expected a string"),
        "{why:?}"
    );
    assert_eq!(sink.all(), Vec::<String>::new());
    running.drain().await;
}

async fn a_payload_of_a_newer_version_waits_for_a_newer_process<DB: Outbox>() {
    let sink = Sink::default();
    let (site, old) = site::<DB>(durable("note", into(&sink))).await;
    let newer = Signals::new().with(durable("note", into(&sink)).version(2));
    let elsewhere = site.elsewhere().await.with_signals(newer);
    elsewhere.send(noted("new")).await.unwrap();
    site.until("waiting", 1).await;
    let failures = "SELECT failures FROM aftercommit_waiting";
    assert_eq!(DB::number(&site.others, failures.into()).await, 0);
    old.drain().await;
    assert_eq!(sink.all(), Vec::<String>::new());
    let new = worker(&elsewhere).await;
    site.run("UPDATE aftercommit_waiting SET due_at = 0").await;
    assert_eq!(sink.until(1).await, ["new"]);
    assert_eq!(site.count("dead").await, 0);
    new.drain().await;
}

async fn headers_travel<DB: Outbox>() {
    let sink = Sink::default();
    let puts = sink.clone();
    let receiver = durable("note", move |noted: Delivery<Noted>| {
        puts.put(noted.header("traceparent").unwrap_or("none"));
        async { Ok(()) }
    });
    let (mut site, running) = site::<DB>(receiver).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    site.db = site
        .db
        .clone()
        .with_headers(move || vec![("traceparent".into(), trace.into())]);
    site.db.send(noted("handed over")).await.unwrap();
    let elsewhere = site
        .elsewhere()
        .await
        .with_headers(move || vec![("traceparent".into(), trace.into())]);
    let elsewhere =
        elsewhere.with_signals(Signals::new().with(durable_elsewhere::<_, Noted>("note")));
    elsewhere.send(noted("claimed")).await.unwrap();
    assert_eq!(sink.until(2).await, [trace, trace]);
    running.drain().await;
}
