//! What is sent comes back as it was, is refused where it is sent, and is not logged.

use std::io::Write;
use std::sync::{Arc, Mutex};

use aftercommit::Ok;
use aftercommit::effect::durable_elsewhere;
use serde_json::json;
use tracing::instrument::WithSubscriber;

use super::{Anything, Noted, noted, site};
use crate::support::{LOGGING, Outbox};

on_each_database_and_the_pooler! {
    hostile_payloads_are_refused_where_they_are_sent,
    hostile_texts_come_back_as_they_were,
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
