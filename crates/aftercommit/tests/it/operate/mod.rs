//! What an operator sees and does.

use std::sync::Arc;
use std::time::Duration;

use aftercommit::delivery::Running;
use aftercommit::effect::{DurableReceiver, durable};
use aftercommit::operate::{Filter, Operator, State};
use aftercommit::{Delivery, EffectId, Error, Ok, Outcome, Result, Signals, Worker};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::support::{Outbox, Sink, Site};

mod acts;
mod audits;
mod looks;

/// An order of a customer, which is the key: `a1` is the first one of `a`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Ordered(String);

/// Something that has no key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noted(String);

/// A site with a receiver that has a key and one that has none, and what they are to answer.
struct Office<DB: Outbox> {
    site: Site<DB>,
    operator: Operator<DB>,
    /// What was delivered.
    sink: Sink,
    /// Texts that are discarded by their receiver; told to wait for an hour; that wait for `go`.
    hard: Arc<std::sync::Mutex<Vec<&'static str>>>,
    go: Arc<Notify>,
}

impl<DB: Outbox> Office<DB> {
    async fn open() -> Self {
        let (sink, go) = (Sink::default(), Arc::new(Notify::new()));
        let hard: Arc<std::sync::Mutex<Vec<&'static str>>> = Arc::default();
        let answer = {
            let (sink, hard, go) = (sink.clone(), Arc::clone(&hard), Arc::clone(&go));
            move |text: String| {
                let (sink, go) = (sink.clone(), Arc::clone(&go));
                let is_hard = hard.lock().unwrap().iter().any(|hard| *hard == text);
                async move {
                    match text.as_str() {
                        "slow" => go.notified().await,
                        "later" if is_hard => {
                            return Ok(Outcome::RetryAfter(Duration::from_secs(3600)));
                        }
                        _ if is_hard => return Ok(Outcome::discard("it is hard")),
                        _ => {}
                    }
                    sink.put(text);
                    Ok(Outcome::Done)
                }
            }
        };
        let ship: DurableReceiver<DB, Ordered> = durable("ship", {
            let answer = answer.clone();
            move |ordered: Delivery<Ordered>| answer(ordered.into_signal().0)
        })
        .key(|ordered: &Ordered| ordered.0.chars().take(1).collect());
        let note: DurableReceiver<DB, Noted> = durable("note", move |noted: Delivery<Noted>| {
            answer(noted.into_signal().0)
        });
        let site = Site::<DB>::open()
            .await
            .with_signals(Signals::new().with(ship).with(note));
        site.db.migrate().await.unwrap();
        let operator = site.db.operate();
        Self {
            site,
            operator,
            sink,
            hard,
            go,
        }
    }

    async fn worker(&self) -> Running {
        let worker = Worker::new(&self.site.db).name("the one");
        let worker = worker.poll_every(Duration::from_millis(20));
        worker.start().await.unwrap()
    }

    /// From now on these are not delivered.
    fn harden(&self, texts: &[&'static str]) {
        *self.hard.lock().unwrap() = texts.to_vec();
    }

    async fn order(&self, texts: &[&str]) {
        let sent = self.site.db.atomic(async |tx| {
            for text in texts {
                tx.send(Ordered((*text).into())).await?;
            }
            Ok(())
        });
        sent.await.unwrap();
    }

    async fn note(&self, texts: &[&str]) {
        let sent = self.site.db.atomic(async |tx| {
            for text in texts {
                tx.send(Noted((*text).into())).await?;
            }
            Ok(())
        });
        sent.await.unwrap();
    }

    async fn note_many(&self, count: usize) {
        let texts: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        self.note(&texts.iter().map(String::as_str).collect::<Vec<_>>())
            .await;
    }

    /// Which effect carries this.
    async fn id(&self, text: &str) -> EffectId {
        let all = self.operator.list(&Filter::new().page(1_000), None).await;
        for effect in all.unwrap().effects {
            let found = self.operator.get(effect.id).await.unwrap();
            if found.is_some_and(|found| found.payload == format!("\"{text}\"")) {
                return effect.id;
            }
        }
        panic!("nothing carries {text}");
    }

    async fn state(&self, id: EffectId) -> Option<State> {
        let found = self.operator.get(id).await.unwrap();
        found.map(|found| found.summary.status.state())
    }

    /// Makes pending effects dead letters, as a worker would.
    async fn bury(&self, which: &str) {
        let history = r#"[{"at":1,"number":3,"worker":"w","error":"no"}]"#;
        let copy = format!(
            "INSERT INTO aftercommit_dead (id, receiver, order_key, place, version, payload, headers, created_at, died_at, why, \
             blocks, fence, failures, history) SELECT id, receiver, order_key, place, version, payload, headers, created_at, \
             created_at, 'gave up', CASE WHEN order_key IS NULL THEN 0 ELSE 1 END, fence + 1, 3, '{history}' \
             FROM aftercommit_effects WHERE {which}"
        );
        self.carry(&copy, which).await;
    }

    /// Makes pending effects wait, or parks them.
    async fn put_off(&self, which: &str, due_at: &str) {
        let copy = format!(
            "INSERT INTO aftercommit_waiting (id, receiver, order_key, place, version, payload, created_at, due_at, why, fence, \
             failures) SELECT id, receiver, order_key, place, version, payload, created_at, {due_at}, 'retry', fence, 1 \
             FROM aftercommit_effects WHERE {which}"
        );
        self.carry(&copy, which).await;
    }

    async fn carry(&self, copy: &str, which: &str) {
        let copied = self.site.run(copy).await;
        let remove = format!("DELETE FROM aftercommit_effects WHERE {which}");
        assert_eq!(copied, self.site.run(&remove).await);
        assert!(copied > 0, "{which}");
    }
}

fn code(result: Result<()>) -> &'static str {
    result
        .map_err(|error: Error| error.code())
        .unwrap_err()
        .unwrap()
}

fn carrying(text: &str) -> String {
    format!("payload = '\"{text}\"'")
}

/// Beyond any test.
const LATER: &str = "created_at + 3600000000";
