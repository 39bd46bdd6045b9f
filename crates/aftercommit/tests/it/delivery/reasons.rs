//! Why a delivery failed: in the events and in the log, and never with the payload.

use std::io::Write;
use std::sync::{Arc, Mutex};

use aftercommit::effect::{durable, durable_elsewhere};

use aftercommit::{Delivery, Error, Event, Ok, Outcome, Result, Signals};
use serde::Serialize;

use super::{Noted, noted, quickly, worker};
use crate::support::{LOGGING, Outbox, Sink, Site};

on_each_database_and_the_pooler! {
    a_failure_says_why_and_nothing_of_the_payload,
    reasons_can_be_switched_off,
}

const SECRET: &str = "correct-horse-battery-staple";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::Result::Ok(())
    }
}

/// Fails in the way that its first word says, and quotes what it got.
async fn fail(delivery: Delivery<Noted>) -> Result<Outcome> {
    let text = &delivery.0;
    match text.split(' ').next() {
        Some("panic") => panic!("no use for {text:?}"),
        Some("discard") => Ok(Outcome::discard(format!("unwanted: {text}"))),
        _ => Err(Error::other(format!("mailbox closed for {text}"))),
    }
}

/// Four effects that fail for good, and what the events say about them.
async fn failures<DB: Outbox>(told: bool) -> Vec<String> {
    let sink = Sink::default();
    let heard = sink.clone();
    let mut site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(durable("note", fail).retry(quickly(1))));
    site.db.migrate().await.unwrap();
    site.db = site
        .db
        .clone()
        .with_failure_reasons(told)
        .with_observer(move |event| match event {
            Event::Attempted {
                attempt,
                outcome,
                reason,
                ..
            } => heard.put(format!("{outcome} {attempt} {reason:?}")),
            Event::DeadLetter {
                attempts, reason, ..
            } => heard.put(format!("dead {attempts} {reason:?}")),
            _ => {}
        });
    #[derive(Serialize)]
    struct Shaped {
        secret: &'static str,
    }
    let elsewhere = site
        .elsewhere()
        .await
        .with_signals(Signals::new().with(durable_elsewhere::<_, Shaped>("note")));
    elsewhere.send(Shaped { secret: SECRET }).await.unwrap();
    for how in ["error", "panic", "discard"] {
        site.db
            .send(noted(format!("{how} {SECRET}")))
            .await
            .unwrap();
    }
    let running = worker(&site.db).await;
    site.until("dead", 4).await;
    let events = sink.until(8).await;
    running.drain().await;
    events
}

fn assert_no_secret(text: &str) {
    for word in SECRET.split('-') {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

async fn a_failure_says_why_and_nothing_of_the_payload<DB: Outbox>() {
    let all = failures::<DB>(true).await.join("\n");
    for reason in [
        "mailbox closed for",
        "PANICKED: no use for",
        "unwanted",
        "DECODE_FAILED",
    ] {
        assert_eq!(all.matches(reason).count(), 2, "{reason}: {all}");
    }
    assert!(
        all.contains("dead 1 Some(\"gave up after 1 attempts: "),
        "{all}"
    );
    assert_no_secret(&all);
}

async fn reasons_can_be_switched_off<DB: Outbox>() {
    let events = failures::<DB>(false).await;
    assert!(
        events.iter().all(|event| event.ends_with("None")),
        "{events:?}"
    );
}

/// On one thread, so that what the worker's tasks log is caught too.
#[tokio::test]
async fn the_log_says_why_and_nothing_of_the_payload() {
    let _logging = LOGGING.lock().await;
    for told in [true, false] {
        // With one dispatcher only, tracing asks the thread that meets a line first whether anybody wants it, and keeps that.
        let _second = tracing::Dispatch::new(tracing_subscriber::registry());
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let caught = tracing::subscriber::set_default(subscriber);
        failures::<sqlx::Sqlite>(told).await;
        drop(caught);
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        for said in ["receiver=\"note\"", "effect=", "attempt=1", "attempts=1"] {
            assert!(log.contains(said), "{said} is not in {log}");
        }
        for reason in ["mailbox closed for", "DECODE_FAILED"] {
            assert_eq!(log.contains(reason), told, "{reason}: {log}");
        }
        assert_no_secret(&log);
    }
}
