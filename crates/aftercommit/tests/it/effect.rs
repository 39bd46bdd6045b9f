//! Effects are written with their transaction, and only with it.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aftercommit::effect::{durable, durable_elsewhere};
use aftercommit::{Db, Delivery, Error, Ok, Result, Signals, When};
use aftercommit_harness::Cut;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tracing::instrument::WithSubscriber;

use crate::cancel::polled;
use crate::faults::behind_a_proxy;
use crate::support::{LOGGING, Outbox, Site, long};

on_each_database_and_the_pooler! {
    a_cut_commit_takes_its_effects_along,
    a_dropped_commit_keeps_its_effects_or_has_none,
    an_effect_is_there_if_and_only_if_its_transaction_commits,
    effects_travel_with_the_commit,
    many_effects_are_written_in_pieces,
    hostile_payloads_are_refused_where_they_are_sent,
    hostile_texts_come_back_as_they_were,
    a_unique_effect_is_there_once,
    a_durable_receiver_makes_a_send_a_transaction,
    without_tables_the_error_names_the_way_out,
    tables_may_have_other_names,
    migrating_twice_changes_nothing,
    unique_effects_in_any_order_do_not_collide,
    keys_that_differ_in_a_space_are_two,
    tables_may_stand_in_a_schema,
    a_payload_is_not_logged_with_its_statement,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noted(String);

async fn never(_: Delivery<Noted>) -> Result<()> {
    Err(Error::other("nobody delivers in these tests"))
}

async fn site<DB: Outbox>() -> Site<DB> {
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().durable("note", never));
    site.db.migrate().await.unwrap();
    site
}

fn noted(text: &str) -> Noted {
    Noted(text.into())
}

async fn an_effect_is_there_if_and_only_if_its_transaction_commits<DB: Outbox>() {
    let site = site::<DB>().await;
    let failed: Result<()> = site
        .db
        .atomic(async |tx| {
            tx.send(noted("rolled back")).await?;
            Err(Error::other("no"))
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(site.effects("effects").await, Vec::<String>::new());

    site.db
        .atomic(async |tx| {
            tx.send(noted("kept")).await?;
            let undone: Result<()> = tx
                .atomic(async |tx| {
                    tx.send(noted("undone")).await?;
                    tx.atomic(async |tx| tx.send(noted("released inside")).await)
                        .await?;
                    Err(Error::other("no"))
                })
                .await;
            assert!(undone.is_err());
            assert_eq!(tx.pending_effects(), 1);
            tx.send(noted("kept too")).await
        })
        .await
        .unwrap();
    assert_eq!(site.effects("effects").await, ["\"kept\"", "\"kept too\""]);
}

/// There is no statement between the last one of the body and COMMIT that could be answered and then lost.
async fn effects_travel_with_the_commit<DB: Outbox>() {
    let site = site::<DB>().await;
    let told: Result<()> = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            tx.send(noted("with row 1")).await?;
            tx.set_rollback(true)
        })
        .await;
    assert!(told.unwrap_err().is_rolled_back());
    site.db
        .atomic(async |tx| {
            DB::insert(tx, 2).await?;
            tx.send(noted("with row 2")).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [2]);
    assert_eq!(site.effects("effects").await, ["\"with row 2\""]);
    let heard = site.heard.all();
    let commits = heard.iter().filter(|heard| *heard == "commit").count();
    assert_eq!(commits, 1, "{heard:?}");
}

async fn many_effects_are_written_in_pieces<DB: Outbox>() {
    let site = site::<DB>().await;
    let long = "x".repeat(200_000);
    site.db
        .atomic(async |tx| {
            for number in 0..12 {
                tx.send(noted(&format!("{number:02}{long}"))).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let numbers: Vec<String> = site
        .effects("effects")
        .await
        .iter()
        .map(|payload| payload[1..3].to_owned())
        .collect();
    let all: Vec<String> = (0..12).map(|number| format!("{number:02}")).collect();
    assert_eq!(numbers, all);
}

#[derive(Serialize, Deserialize)]
struct Anything(serde_json::Value);

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

async fn a_unique_effect_is_there_once<DB: Outbox>() {
    let site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let reindex =
        durable("reindex", never).unique(|noted: &Noted| noted.0.chars().take(1).collect());
    let later = durable("later", never)
        .unique(|_: &Noted| "all".into())
        .delay(|_| Duration::from_secs(3600));
    let site = site.with_signals(Signals::new().with(reindex).with(later));
    for texts in [&["a1", "b1", "a2"][..], &["a3"], &["b2", "b3"]] {
        site.db
            .atomic(async |tx| {
                for text in texts {
                    tx.send(noted(text)).await?;
                }
                Ok(())
            })
            .await
            .unwrap();
    }
    assert_eq!(site.effects("effects").await, ["\"a3\"", "\"b3\""]);
    assert_eq!(site.effects("waiting").await, ["\"b3\""]);
}

async fn a_durable_receiver_makes_a_send_a_transaction<DB: Outbox>() {
    let site = site::<DB>().await;
    site.db.send(noted("alone")).await.unwrap();
    let responses = site.db.send_robust(noted("robust")).await.unwrap();
    assert!(responses[0].result.is_ok());
    assert_eq!(site.effects("effects").await, ["\"alone\"", "\"robust\""]);
    let receivers = site.db.signals().receivers();
    assert_eq!(receivers[0].when, When::Durable);
    assert!(
        receivers[0].to_string().contains("note hears"),
        "{}",
        receivers[0]
    );
}

async fn without_tables_the_error_names_the_way_out<DB: Outbox>() {
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().durable("note", never));
    if DB::MIGRATED {
        site.run("DROP TABLE aftercommit_effects").await;
    }
    let refused = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            tx.send(noted("nowhere")).await
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("SCHEMA_MISSING"), "{refused}");
    assert!(refused.to_string().contains("migrate"), "{refused}");
    assert_eq!(site.ids().await, Vec::<i64>::new());
}

async fn tables_may_have_other_names<DB: Outbox>() {
    let mut site = site::<DB>().await;
    site.db = site.db.clone().with_tables(None, "queue_").unwrap();
    site.db.migrate().await.unwrap();
    site.db.send(noted("there")).await.unwrap();
    assert_eq!(site.effects("effects").await, Vec::<String>::new());
    assert_eq!(site.payloads("queue_effects").await, ["\"there\""]);
    let refused = site
        .db
        .clone()
        .with_tables(Some("x\"; --"), "queue_")
        .unwrap_err();
    assert_eq!(refused.code(), Some("BAD_IDENTIFIER"));
}

async fn migrating_twice_changes_nothing<DB: Outbox>() {
    let site = site::<DB>().await;
    site.db.send(noted("kept")).await.unwrap();
    let (one, two) = tokio::join!(site.db.migrate(), site.db.migrate());
    one.and(two).unwrap();
    assert_eq!(site.effects("effects").await, ["\"kept\""]);
}

/// Row and effect with the same number, in one block.
async fn write_both<DB: Outbox>(db: &Db<DB>, id: i64) -> Result<()> {
    db.atomic(async |tx| {
        DB::insert(tx, id).await?;
        tx.send(noted(&id.to_string())).await
    })
    .await
}

/// The numbers of the effects, which must be those of the rows.
async fn assert_both<DB: Outbox>(site: &Site<DB>) -> Vec<i64> {
    let effects = site.effects("effects").await;
    let mut effects: Vec<i64> = effects
        .iter()
        .map(|text| text.trim_matches('"').parse().unwrap())
        .collect();
    effects.sort_unstable();
    assert_eq!(effects, site.ids().await);
    effects
}

async fn a_cut_commit_takes_its_effects_along<DB: Outbox>() {
    let Some((site, proxy)) = behind_a_proxy::<DB>(1).await else {
        // The commit of a database in a file cannot be cut.
        return a_dropped_commit_keeps_its_effects_or_has_none::<DB>().await;
    };
    let site = site.with_signals(Signals::new().durable("note", never));
    site.db.migrate().await.unwrap();
    let mut id = 0;
    for _ in 0..if long() { 250 } else { 6 } {
        for cut in [
            Cut::Before,
            Cut::SwallowAnswer,
            Cut::AfterAnswer,
            Cut::HalfOpen,
        ] {
            id += 1;
            let fired = proxy.cut_on(cut, b"COMMIT");
            let told = write_both(&site.db, id).await;
            fired.await;
            proxy.release();
            let there = assert_both(&site).await.contains(&id);
            assert_eq!(told.is_ok(), there, "{cut:?}: {told:?}");
        }
    }
}

async fn a_dropped_commit_keeps_its_effects_or_has_none<DB: Outbox>() {
    let site = Site::<DB>::with_pool_of(1)
        .await
        .with_signals(Signals::new().durable("note", never));
    site.db.migrate().await.unwrap();
    let (mut id, mut drops) = (0, 0);
    for _ in 0..if long() { 50 } else { 3 } {
        for polls in 1.. {
            id += 1;
            if polled(polls, write_both(&site.db, id)).await.is_some() {
                break;
            }
            drops += 1;
            // With the only connection: what was dropped has ended one way or the other.
            id += 1;
            write_both(&site.db, id).await.unwrap();
        }
    }
    assert!(assert_both(&site).await.len() >= drops);
    assert!(drops > 0);
}

#[test]
fn a_durable_name_is_taken_once_over_all_signals() {
    let signals = Signals::<sqlx::Sqlite>::new().durable("note", never);
    let taken = signals
        .connect(durable_elsewhere::<_, Anything>("note"))
        .unwrap_err();
    assert_eq!(taken.code(), Some("DUPLICATE_RECEIVER"));
    assert!(
        taken.to_string().matches("effect.rs").count() == 2,
        "{taken}"
    );
    for name in ["", "a\nb", "a ", &"x".repeat(191)] {
        let refused = signals
            .connect(durable_elsewhere::<_, Anything>(name))
            .unwrap_err();
        assert_eq!(refused.code(), Some("BAD_NAME"), "{refused}");
    }
}

async fn unique_effects_in_any_order_do_not_collide<DB: Outbox>() {
    let site = Site::<DB>::with_pool_of(8).await;
    site.db.migrate().await.unwrap();
    let reindex = durable("reindex", never).unique(|noted: &Noted| noted.0.clone());
    let site = site.with_signals(Signals::new().with(reindex));
    let mut committing = tokio::task::JoinSet::new();
    for task in 0..8 {
        let db = site.db.clone();
        committing.spawn(async move {
            for _ in 0..40 {
                let mut numbers: Vec<u32> = (0..20).collect();
                if task % 2 == 0 {
                    numbers.reverse();
                }
                db.atomic(async |tx| {
                    for number in &numbers {
                        tx.send(noted(&number.to_string())).await?;
                    }
                    Ok(())
                })
                .await
                .unwrap();
            }
        });
    }
    committing.join_all().await;
    assert_eq!(site.count("effects").await, 20);
}

async fn keys_that_differ_in_a_space_are_two<DB: Outbox>() {
    let site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let same = durable("same", never).unique(|noted: &Noted| noted.0.clone());
    let site = site.with_signals(Signals::new().with(same));
    for text in ["a", "a ", "A", "á", "a"] {
        site.db.send(noted(text)).await.unwrap();
    }
    assert_eq!(
        site.effects("effects").await,
        ["\"a\"", "\"a \"", "\"A\"", "\"á\""]
    );
}

async fn tables_may_stand_in_a_schema<DB: Outbox>() {
    let mut site = site::<DB>().await;
    let schema = DB::schema(&site.others).await;
    let named = site.db.clone().with_tables(Some(&schema), "queue_");
    site.db = named.unwrap();
    site.db.migrate().await.unwrap();
    site.db.migrate().await.unwrap();
    site.db.send(noted("there")).await.unwrap();
    assert_eq!(site.payloads("queue_effects").await, ["\"there\""]);
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
