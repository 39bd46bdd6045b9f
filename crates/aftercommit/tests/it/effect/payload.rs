//! What is sent comes back as it was, is refused where it is sent, and is not logged.

use std::io::Write;
use std::sync::{Arc, Mutex};

use aftercommit::Ok;
use aftercommit::effect::{MAX_HEADERS_BYTES, durable_elsewhere};
use serde::Serialize;
use serde_json::json;
use tracing::instrument::WithSubscriber;

use super::{Anything, Noted, noted, site};
use crate::support::{LOGGING, Outbox};

on_each_database_and_the_pooler! {
    hostile_payloads_are_refused_where_they_are_sent,
    hostile_texts_come_back_as_they_were,
    doubles_come_back_bit_for_bit,
    what_would_come_back_as_something_else_is_refused,
    headers_have_a_limit,
    a_payload_is_not_logged_with_its_statement,
}

async fn hostile_payloads_are_refused_where_they_are_sent<DB: Outbox>() {
    let site = site::<DB>().await;
    site.db
        .signals()
        .connect(durable_elsewhere::<DB, Anything>("anything"))
        .unwrap();
    let deep = (0..31).fold(json!(1), |inside, _| json!([inside]));
    let big: serde_json::Value = serde_json::from_str("123456789012345678901234567890").unwrap();
    let table = [
        (json!({"a": {"b": "x\0"}}), "PAYLOAD_NUL", "$.a.b"),
        (deep, "PAYLOAD_TOO_DEEP", "31"),
        (
            json!("x".repeat(1024 * 1024)),
            "PAYLOAD_TOO_LARGE",
            "1048578",
        ),
    ];
    for (value, code, named) in table {
        let told = site
            .db
            .atomic(async |tx| {
                let refused = tx.send(Anything(value)).await.unwrap_err();
                assert_eq!(refused.code(), Some(code), "{refused}");
                let text = refused.to_string();
                assert!(
                    text.contains("anything")
                        && (text.contains(named) || code == "PAYLOAD_TOO_DEEP"),
                    "{text}"
                );
                // Nothing was sent to the database, so the block is healthy.
                DB::insert(tx, 1).await?;
                tx.set_rollback(true)
            })
            .await;
        assert!(told.unwrap_err().is_rolled_back());
    }
    // serde_json has made it a float already: that is what is kept, and comes back.
    site.db.send(Anything(big)).await.unwrap();
    assert_eq!(site.effects("effects").await, ["1.2345678901234568e+29"]);
}

async fn hostile_texts_come_back_as_they_were<DB: Outbox>() {
    let site = site::<DB>().await;
    let texts = [
        "'; DROP TABLE item; --",
        "\\'; DROP TABLE item; --",
        "{effects} {now} ? $1 :name %s",
        "emoji 😀, é, \u{202e}rtl, \u{7f}, tab\t, line\nbreak\r",
        "\\u0000 is not a NUL",
        "`\"[]/*--*/#",
    ];
    site.db
        .atomic(async |tx| {
            for text in texts {
                tx.send(noted(text)).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let back: Vec<Noted> = site
        .effects("effects")
        .await
        .iter()
        .map(|payload| serde_json::from_str(payload).unwrap())
        .collect();
    assert_eq!(back, texts.map(noted));
}

/// So many patterns for each database; the long form has a million.
async fn doubles_come_back_bit_for_bit<DB: Outbox>() {
    const EACH: usize = 10_000;
    let messages = if std::env::var_os("AFTERCOMMIT_TEST_LONG").is_some() {
        100
    } else {
        2
    };
    let site = site::<DB>().await;
    site.db
        .signals()
        .connect(durable_elsewhere::<DB, Vec<f64>>("doubles"))
        .unwrap();
    let mut random = fastrand::Rng::with_seed(8);
    for _ in 0..messages {
        let sent: Vec<f64> = std::iter::repeat_with(|| f64::from_bits(random.u64(..)))
            .filter(|double| double.is_finite())
            .take(EACH)
            .collect();
        site.db.send(sent.clone()).await.unwrap();
        let kept = site.effects("effects").await;
        let back: Vec<f64> = serde_json::from_str(&kept[0]).unwrap();
        let bits = |doubles: &[f64]| doubles.iter().map(|d| d.to_bits()).collect::<Vec<_>>();
        assert!(bits(&back) == bits(&sent));
        DB::execute(&site.others, "DELETE FROM aftercommit_effects".into()).await;
    }
}

#[derive(Serialize)]
struct Measured {
    values: Vec<Option<f64>>,
    last: Option<Option<f32>>,
}

async fn what_would_come_back_as_something_else_is_refused<DB: Outbox>() {
    let site = site::<DB>().await;
    site.db
        .signals()
        .connect(durable_elsewhere::<DB, Measured>("measured"))
        .unwrap();
    let measured = |value, last| Measured {
        values: vec![None, Some(value)],
        last,
    };
    let table = [
        (
            measured(f64::NAN, None),
            "NUMBER_NOT_FINITE",
            "NaN at $.values[1]",
        ),
        (
            measured(f64::NEG_INFINITY, None),
            "NUMBER_NOT_FINITE",
            "an infinite number at $.values[1]",
        ),
        (
            measured(1.0, Some(Some(f32::NAN))),
            "NUMBER_NOT_FINITE",
            "NaN at $.last",
        ),
        (
            measured(1.0, Some(None)),
            "PAYLOAD_SOME_NULL",
            "`Some` at $.last",
        ),
    ];
    for (value, code, named) in table {
        let refused = site.db.send(value).await.unwrap_err();
        assert_eq!(refused.code(), Some(code), "{refused}");
        let text = refused.to_string();
        assert!(
            text.contains("\"measured\"") && text.contains(named),
            "{text}"
        );
    }
    site.db.send(measured(-0.0, None)).await.unwrap();
    assert_eq!(
        site.effects("effects").await,
        ["{\"values\":[null,-0.0],\"last\":null}"]
    );
}

async fn headers_have_a_limit<DB: Outbox>() {
    let site = site::<DB>().await;
    for (more, fits) in [(0, true), (1, false)] {
        let value = "x".repeat(MAX_HEADERS_BYTES - "baggage".len() + more);
        let db = site
            .db
            .clone()
            .with_headers(move || vec![("baggage".into(), value.clone())]);
        let sent = db.send(noted("x")).await;
        assert_eq!(sent.is_ok(), fits);
        if let Err(refused) = sent {
            assert_eq!(refused.code(), Some("HEADERS_TOO_LARGE"));
            assert!(refused.to_string().contains("16385"), "{refused}");
        }
    }
    assert_eq!(site.effects("effects").await.len(), 1);
}

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

/// On a database that is reached from the task of the sender. (SQLite's statements are logged by a thread of sqlx's.)
async fn a_payload_is_not_logged_with_its_statement<DB: Outbox>() {
    let _logging = LOGGING.lock().await;
    let site = site::<DB>().await;
    // With one dispatcher only, tracing asks the thread that meets a line first whether anybody wants it, and keeps that.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    site.db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            tx.send(noted("a secret")).await
        })
        .with_subscriber(subscriber)
        .await
        .unwrap();
    assert_eq!(site.effects("effects").await, ["\"a secret\""]);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("committed"), "{log}");
    assert!(!log.contains("a secret"), "{log}");
}
