//! Effects are delivered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aftercommit::delivery::{Point, Running};
use aftercommit::effect::{durable, durable_elsewhere};
use aftercommit::signal::{IntoReceiver, with_state};
use aftercommit::testing::{Act, Faults};
use aftercommit::{Db, Delivery, Error, Ok, Outcome, Result, RetryPolicy, Signals, Tx, Worker};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::support::{Outbox, Sink, Site, patient};

on_each_database_and_the_pooler! {
    what_is_committed_is_delivered_and_nothing_else,
    effects_of_other_processes_are_found,
    every_form_of_receiver_is_called,
    a_failed_effect_comes_back_with_the_same_id,
    a_failing_effect_is_given_up_in_the_end,
    a_receiver_answers_what_becomes_of_the_effect,
    a_call_without_an_end_is_ended,
    an_outage_uses_up_no_attempts,
    a_payload_of_another_version_is_a_dead_letter_at_once,
    an_effect_without_a_receiver_stays,
    a_delayed_effect_waits,
    effects_of_one_key_come_in_the_order_of_their_commits,
    a_failing_key_is_parked_and_the_rest_goes_on,
    a_dead_letter_keeps_the_turn_of_its_key,
    what_is_committed_while_a_unique_effect_is_delivered_is_not_lost,
    a_batch_has_an_outcome_for_each,
    concurrency_has_a_limit,
    a_handler_in_a_transaction_settles_with_its_writes,
    a_handler_in_a_transaction_that_lost_its_lease_writes_nothing,
    a_late_answer_changes_nothing,
    a_dead_worker_is_taken_over,
    the_clock_of_a_worker_does_not_matter,
    an_effect_that_kills_is_set_aside,
    a_drain_gives_back_what_is_not_finished,
    a_lost_hand_over_is_found,
    headers_travel,
    settings_that_cannot_work_are_refused,
    receivers_may_come_and_go_while_a_worker_runs,
    a_probe_that_says_nothing_of_the_target_is_followed_by_another,
    those_behind_a_failure_follow_a_handler_in_a_transaction,
    a_receiver_that_went_while_it_ran_takes_nothing_more,
    times_without_an_end_are_settings_too,
    a_worker_whose_runtime_ended_leaves_room_for_another,
    an_answer_that_never_comes_is_not_waited_for,
    tables_of_other_names_have_a_worker_of_their_own,
    a_payload_of_a_newer_version_waits_for_a_newer_process,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noted(String);

fn noted(text: impl ToString) -> Noted {
    Noted(text.to_string())
}

/// A receiver that puts what it is delivered into a sink.
fn into(
    sink: &Sink,
) -> impl Fn(Delivery<Noted>) -> std::future::Ready<Result<()>> + Send + Sync + use<> {
    let sink = sink.clone();
    move |delivery| {
        sink.put(&delivery.0);
        std::future::ready(Ok(()))
    }
}

/// Receivers on a database of a test's own, and a worker that is quick to look.
async fn site<DB: Outbox>(receivers: impl IntoReceiver<DB>) -> (Site<DB>, Running) {
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receivers));
    site.db.migrate().await.unwrap();
    let running = worker(&site.db).await;
    (site, running)
}

async fn worker<DB: Outbox>(db: &Db<DB>) -> Running {
    Worker::new(db)
        .poll_every(Duration::from_millis(50))
        .lease(Duration::from_secs(2))
        .start()
        .await
        .unwrap()
}

async fn what_is_committed_is_delivered_and_nothing_else<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    let failed: Result<()> = site
        .db
        .atomic(async |tx| {
            tx.send(noted("rolled back")).await?;
            Err(Error::other("no"))
        })
        .await;
    assert!(failed.is_err());
    for number in 0..20 {
        site.db.send(noted(number)).await.unwrap();
    }
    let mut delivered = sink.until(20).await;
    delivered.sort_by_key(|number| number.parse::<u32>().unwrap());
    assert_eq!(
        delivered,
        (0..20).map(|number| number.to_string()).collect::<Vec<_>>()
    );
    site.until("effects", 0).await;
    let drained = running.drain().await;
    assert_eq!((drained.delivered, drained.lost), (20, 0));
    assert_eq!(site.count("workers").await, 0);
}

async fn effects_of_other_processes_are_found<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    let elsewhere = site
        .elsewhere()
        .await
        .with_signals(Signals::new().with(durable_elsewhere::<_, Noted>("note")));
    elsewhere.send(noted("from afar")).await.unwrap();
    assert_eq!(sink.until(1).await, ["from afar"]);
    running.drain().await;
}

async fn plain(sink: &Sink, noted: &Noted) -> Result<()> {
    sink.put(format!("plain {}", noted.0));
    Ok(())
}

async fn knowing(sink: &Sink, delivery: Delivery<Noted>) -> Result<()> {
    sink.put(format!("knowing {} {}", delivery.0, delivery.attempt()));
    Ok(())
}

async fn answering(sink: &Sink, delivery: Delivery<Noted>) -> Result<Outcome> {
    sink.put(format!("answering {}", delivery.0));
    Ok(Outcome::discard("as it was asked to"))
}

async fn counting(sink: &Sink, all: Vec<Delivery<Noted>>) -> Result<Vec<Outcome>> {
    sink.put(format!("counting {}", all[0].0));
    Ok(vec![Outcome::Done; all.len()])
}

async fn writing<DB: Outbox>(sink: &Sink, tx: &mut Tx<DB>, noted: &Noted) -> Result<()> {
    DB::insert(tx, 7).await?;
    let sink = sink.clone();
    let text = noted.0.clone();
    tx.on_commit(async move || sink.put(format!("writing {text}")));
    Ok(())
}

async fn every_form_of_receiver_is_called<DB: Outbox>() {
    let sink = Sink::default();
    let site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let (shared, batched) = (sink.clone(), sink.clone());
    let signals = Signals::new()
        .durable("plain", with_state(sink.clone(), plain))
        .durable("knowing", with_state(sink.clone(), knowing))
        .durable("answering", with_state(sink.clone(), answering))
        .durable("counting", with_state(sink.clone(), counting))
        .durable("writing", with_state(sink.clone(), writing::<DB>))
        .durable("shared", move |noted: Arc<Noted>| {
            let sink = shared.clone();
            async move { sink.put(format!("shared {}", noted.0)) }
        })
        .durable("batched", move |all: Vec<Delivery<Noted>>| {
            let sink = batched.clone();
            async move {
                sink.put(format!("batched {}", all[0].0));
                Ok(vec![Outcome::Done; all.len()])
            }
        });
    let site = site.with_signals(signals);
    let running = worker(&site.db).await;
    site.db.send(noted("x")).await.unwrap();
    let mut delivered = sink.until(7).await;
    delivered.sort();
    assert_eq!(
        delivered,
        [
            "answering x",
            "batched x",
            "counting x",
            "knowing x 1",
            "plain x",
            "shared x",
            "writing x"
        ]
    );
    assert_eq!(site.ids().await, [7]);
    site.until("effects", 0).await;
    assert_eq!(site.effects("dead").await, ["\"x\""]);
    running.drain().await;
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

fn quickly(attempts: u32) -> RetryPolicy {
    RetryPolicy::attempts(attempts).first(Duration::from_millis(1))
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

async fn a_receiver_answers_what_becomes_of_the_effect<DB: Outbox>() {
    let sink = Sink::default();
    let puts = sink.clone();
    let receiver = durable("note", move |delivery: Delivery<Noted>| {
        puts.put(&delivery.0);
        let answer = match delivery.0.as_str() {
            "discard" => Outcome::discard("nobody wants it"),
            "later" => Outcome::RetryAfter(Duration::from_secs(3600)),
            _ => Outcome::Done,
        };
        async move { Ok(answer) }
    });
    let (site, running) = site::<DB>(receiver).await;
    for text in ["discard", "later", "done"] {
        site.db.send(noted(text)).await.unwrap();
    }
    site.until("effects", 0).await;
    assert_eq!(site.effects("dead").await, ["\"discard\""]);
    assert_eq!(site.effects("waiting").await, ["\"later\""]);
    let failures = "SELECT failures FROM aftercommit_waiting";
    assert_eq!(DB::number(&site.others, failures.into()).await, 0);
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

async fn an_effect_without_a_receiver_stays<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    let elsewhere = site.elsewhere().await;
    let signals = Signals::new()
        .with(durable_elsewhere::<_, Noted>("unheard"))
        .with(durable_elsewhere::<_, Noted>("note"));
    elsewhere
        .with_signals(signals)
        .send(noted("x"))
        .await
        .unwrap();
    sink.until(1).await;
    site.until("effects", 1).await;
    let left = DB::payloads(
        &site.others,
        "SELECT receiver FROM aftercommit_effects".into(),
    )
    .await;
    assert_eq!(left, ["unheard"]);
    running.drain().await;
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

#[derive(Clone, Serialize, Deserialize)]
struct Step {
    key: String,
    number: usize,
}

async fn effects_of_one_key_come_in_the_order_of_their_commits<DB: Outbox>() {
    let sink = Sink::default();
    let (puts, running_now) = (sink.clone(), Arc::new(AtomicUsize::new(0)));
    let receiver = durable("step", move |step: Delivery<Step>| {
        let (sink, running_now) = (puts.clone(), Arc::clone(&running_now));
        async move {
            if step.key == "a" {
                assert_eq!(
                    running_now.fetch_add(1, Ordering::SeqCst),
                    0,
                    "one at a time"
                );
            }
            tokio::task::yield_now().await;
            sink.put(format!("{} {}", step.key, step.number));
            if step.key == "a" {
                running_now.fetch_sub(1, Ordering::SeqCst);
            }
            Ok(())
        }
    })
    .key(|step: &Step| step.key.clone());
    let (site, running) = site::<DB>(receiver).await;
    // Two workers compete for them.
    let second = site
        .elsewhere()
        .await
        .with_signals(site.db.signals().clone());
    let second = worker(&second).await;
    let mut committing = tokio::task::JoinSet::new();
    for key in ["a", "b", "c"] {
        let db = site.db.clone();
        committing.spawn(async move {
            for number in 0..15 {
                let step = Step {
                    key: key.into(),
                    number,
                };
                db.retry(20)
                    .atomic(async |tx| tx.send(step.clone()).await)
                    .await
                    .unwrap();
            }
        });
    }
    committing.join_all().await;
    let delivered = sink.until(45).await;
    for key in ["a", "b", "c"] {
        let steps: Vec<&String> = delivered
            .iter()
            .filter(|step| step.starts_with(key))
            .collect();
        let expected: Vec<String> = (0..15).map(|number| format!("{key} {number}")).collect();
        assert_eq!(steps, expected.iter().collect::<Vec<_>>());
    }
    site.until("effects", 0).await;
    running.drain().await;
    second.drain().await;
}

/// Delivers steps; those of key `a` only while the gate is open.
fn gated(
    sink: &Sink,
    gate: &Arc<AtomicUsize>,
) -> impl Fn(Delivery<Step>) -> std::future::Ready<Result<()>> + Send + Sync + use<> {
    let (sink, gate) = (sink.clone(), Arc::clone(gate));
    move |step| {
        if step.key == "a" && gate.load(Ordering::SeqCst) == 0 {
            return std::future::ready(Err(Error::other("closed")));
        }
        sink.put(format!("{} {}", step.key, step.number));
        std::future::ready(Ok(()))
    }
}

async fn send_steps<DB: Outbox>(site: &Site<DB>, numbers: std::ops::Range<usize>) {
    for number in numbers {
        for key in ["a", "b"] {
            site.db
                .send(Step {
                    key: key.into(),
                    number,
                })
                .await
                .unwrap();
        }
    }
}

async fn a_failing_key_is_parked_and_the_rest_goes_on<DB: Outbox>() {
    let (sink, gate) = (Sink::default(), Arc::new(AtomicUsize::new(0)));
    let receiver = durable("step", gated(&sink, &gate))
        .key(|step: &Step| step.key.clone())
        .retry(
            RetryPolicy::attempts(1_000_000)
                .first(Duration::from_millis(1))
                .longest(Duration::from_millis(20)),
        );
    let (site, running) = site::<DB>(receiver).await;
    send_steps(&site, 0..5).await;
    assert_eq!(sink.until(5).await, ["b 0", "b 1", "b 2", "b 3", "b 4"]);
    let parked = "SELECT COUNT(*) FROM aftercommit_waiting WHERE due_at IS NULL";
    patient(
        async || DB::number(&site.others, parked.into()).await == 4,
        || "4 parked".into(),
    )
    .await;
    gate.store(1, Ordering::SeqCst);
    let delivered = sink.until(10).await;
    assert_eq!(delivered[5..], ["a 0", "a 1", "a 2", "a 3", "a 4"]);
    site.until("effects", 0).await;
    site.until("waiting", 0).await;
    running.drain().await;
}

async fn a_dead_letter_keeps_the_turn_of_its_key<DB: Outbox>() {
    let (sink, gate) = (Sink::default(), Arc::new(AtomicUsize::new(0)));
    let receiver = durable("step", gated(&sink, &gate))
        .key(|step: &Step| step.key.clone())
        .retry(RetryPolicy::attempts(1));
    let (site, running) = site::<DB>(receiver).await;
    send_steps(&site, 0..1).await;
    site.until("dead", 1).await;
    gate.store(1, Ordering::SeqCst);
    send_steps(&site, 1..3).await;
    assert_eq!(sink.until(3).await, ["b 0", "b 1", "b 2"]);
    let parked = "SELECT COUNT(*) FROM aftercommit_waiting WHERE due_at IS NULL";
    patient(
        async || DB::number(&site.others, parked.into()).await == 2,
        || "2 parked".into(),
    )
    .await;
    // An operator lets the others pass.
    site.run("UPDATE aftercommit_dead SET blocks = 0").await;
    assert_eq!(sink.until(5).await[3..], ["a 1", "a 2"]);
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

/// Inserts the row that the signal names; fails the first time, behind the insert.
async fn insert_row<DB: Outbox>(calls: &AtomicUsize, tx: &mut Tx<DB>, noted: &Noted) -> Result<()> {
    DB::insert(tx, noted.0.parse().unwrap()).await?;
    if calls.fetch_add(1, Ordering::SeqCst) == 0 {
        Err(Error::other("not yet"))
    } else {
        Ok(())
    }
}

async fn a_handler_in_a_transaction_settles_with_its_writes<DB: Outbox>() {
    let receiver = durable(
        "insert_row",
        with_state(AtomicUsize::new(0), insert_row::<DB>),
    )
    .retry(quickly(9));
    let (site, running) = site::<DB>(receiver).await;
    site.db.send(noted(5)).await.unwrap();
    patient(async || site.ids().await == [5], || "the row".into()).await;
    // With the row the effect is gone: there is no moment between them.
    assert_eq!(site.count("effects").await + site.count("waiting").await, 0);
    let drained = running.drain().await;
    assert_eq!((drained.delivered, drained.put_off), (1, 1));
}

struct Held {
    sink: Sink,
    go: Semaphore,
}

async fn insert_when_told<DB: Outbox>(held: &Held, tx: &mut Tx<DB>, noted: &Noted) -> Result<()> {
    held.sink.put(&noted.0);
    held.go.acquire().await.unwrap().forget();
    DB::insert(tx, noted.0.parse().unwrap()).await
}

async fn a_handler_in_a_transaction_that_lost_its_lease_writes_nothing<DB: Outbox>() {
    // SQLite's one writer is the handler itself: nobody can take the lease away meanwhile.
    if DB::ONE_FILE {
        return a_handler_in_a_transaction_settles_with_its_writes::<DB>().await;
    }
    let sink = Sink::default();
    let held = Arc::new(Held {
        sink: sink.clone(),
        go: Semaphore::new(0),
    });
    let receiver =
        durable("insert", with_state(Arc::clone(&held), shared_insert::<DB>)).concurrency(1);
    let (site, running) = site::<DB>(receiver).await;
    site.db.send(noted(5)).await.unwrap();
    sink.until(1).await;
    let taken = "UPDATE aftercommit_effects SET owner = 1, fence = fence + 1";
    assert_eq!(site.run(taken).await, 1);
    held.go.add_permits(1);
    patient(
        async || site.heard.has("attempt lost"),
        || "the loss".into(),
    )
    .await;
    assert_eq!(site.ids().await, Vec::<i64>::new());
    // Its owner is nobody: it is taken over, and delivered once.
    held.go.add_permits(1);
    patient(async || site.ids().await == [5], || "the row".into()).await;
    site.until("effects", 0).await;
    running.drain().await;
}

async fn shared_insert<DB: Outbox>(held: &Arc<Held>, tx: &mut Tx<DB>, noted: &Noted) -> Result<()> {
    insert_when_told(held, tx, noted).await
}

/// Delivers when it is told to.
fn when_told(
    sink: &Sink,
    go: &Arc<Semaphore>,
) -> impl Fn(Delivery<Noted>) -> futures_core::future::BoxFuture<'static, Result<()>> + Send + Sync + use<>
{
    let (sink, go) = (sink.clone(), Arc::clone(go));
    move |delivery| {
        let (sink, go) = (sink.clone(), Arc::clone(&go));
        Box::pin(async move {
            sink.put(&delivery.0);
            go.acquire().await.unwrap().forget();
            Ok(())
        })
    }
}

async fn a_late_answer_changes_nothing<DB: Outbox>() {
    let (sink, go) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let (site, running) = site::<DB>(durable("note", when_told(&sink, &go))).await;
    site.db.send(noted("x")).await.unwrap();
    sink.until(1).await;
    // Somebody took the worker for dead, took its effect, and gave it up.
    let moved = "INSERT INTO aftercommit_dead (id, receiver, version, payload, created_at, died_at, why, blocks, fence, failures)
        SELECT id, receiver, version, payload, created_at, 0, 'by another worker', 0, fence + 1, 0 FROM aftercommit_effects";
    assert_eq!(site.run(moved).await, 1);
    site.run("DELETE FROM aftercommit_effects").await;
    site.run("DELETE FROM aftercommit_workers").await;
    go.add_permits(1);
    patient(
        async || site.heard.has("1 lease lost"),
        || "the loss".into(),
    )
    .await;
    assert_eq!(site.effects("dead").await, ["\"x\""]);
    // It goes on under another identity.
    site.until("workers", 1).await;
    go.add_permits(10);
    site.db.send(noted("y")).await.unwrap();
    assert_eq!(sink.until(2).await, ["x", "y"]);
    site.until("effects", 0).await;
    let drained = running.drain().await;
    assert_eq!(
        (drained.lost, drained.delivered),
        (1, 1),
        "{:?}",
        site.heard.all()
    );
}

async fn a_dead_worker_is_taken_over<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    // A worker that was registered, took an effect, and gives no sign of life any more.
    let elsewhere = site.elsewhere().await;
    let signals = Signals::new().with(durable_elsewhere::<_, Noted>("unheard"));
    elsewhere
        .with_signals(signals)
        .send(noted("x"))
        .await
        .unwrap();
    let dead = "INSERT INTO aftercommit_workers (id, name, started_at, beat_at, lease) VALUES (1, 'dead', 0, 0, 1)";
    site.run(dead).await;
    site.run("UPDATE aftercommit_effects SET owner = 1, fence = 1, receiver = 'note'")
        .await;
    assert_eq!(sink.until(1).await, ["x"]);
    site.until("workers", 1).await;
    running.drain().await;
}

async fn the_clock_of_a_worker_does_not_matter<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    let signals = || Signals::new().with(durable_elsewhere::<_, Noted>("unheard"));
    let elsewhere = site.elsewhere().await.with_signals(signals());
    elsewhere.send(noted("now")).await.unwrap();
    elsewhere.send(noted("a day behind")).await.unwrap();
    elsewhere.send(noted("a day ahead")).await.unwrap();
    // Ids have the time of the process that gave them.
    for (text, id) in [
        ("a day behind", "0190a1b2-0000-7000-8000-000000000001"),
        ("a day ahead", "0fffffff-0000-7000-8000-000000000002"),
    ] {
        let id = DB::id(id);
        site.run(&format!(
            "UPDATE aftercommit_effects SET id = {id} WHERE payload = '\"{text}\"'"
        ))
        .await;
    }
    site.run("UPDATE aftercommit_effects SET receiver = 'note'")
        .await;
    let mut delivered = sink.until(3).await;
    delivered.sort();
    assert_eq!(delivered, ["a day ahead", "a day behind", "now"]);
    // And again, when the scan has gone beyond the old ones.
    elsewhere.send(noted("late")).await.unwrap();
    let id = DB::id("0190a1b2-0000-7000-8000-000000000003");
    site.run(&format!(
        "UPDATE aftercommit_effects SET id = {id}, receiver = 'note' WHERE receiver = 'unheard'"
    ))
    .await;
    sink.until(4).await;
    running.drain().await;
}

async fn an_effect_that_kills_is_set_aside<DB: Outbox>() {
    let (sink, go) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let (site, running) = site::<DB>(durable("note", when_told(&sink, &go))).await;
    let signals = Signals::new().with(durable_elsewhere::<_, Noted>("unheard"));
    let elsewhere = site.elsewhere().await.with_signals(signals);
    elsewhere.send(noted("killer")).await.unwrap();
    site.run("UPDATE aftercommit_effects SET rescues = 3, starts = 2")
        .await;
    elsewhere.send(noted("bystander")).await.unwrap();
    site.run("UPDATE aftercommit_effects SET rescues = 3 WHERE starts = 0")
        .await;
    site.run("UPDATE aftercommit_effects SET receiver = 'note'")
        .await;
    assert_eq!(sink.until(1).await, ["bystander"]);
    // Its start is written down while it runs.
    assert_eq!(
        DB::number(
            &site.others,
            "SELECT starts FROM aftercommit_effects WHERE payload = '\"bystander\"'".into()
        )
        .await,
        1
    );
    go.add_permits(1);
    site.until("dead", 1).await;
    assert_eq!(site.effects("dead").await, ["\"killer\""]);
    let why = DB::payloads(&site.others, "SELECT why FROM aftercommit_dead".into()).await;
    assert!(why[0].contains("died 3 times"), "{why:?}");
    site.until("effects", 0).await;
    assert_eq!(sink.all(), ["bystander"]);
    running.drain().await;
}

async fn a_drain_gives_back_what_is_not_finished<DB: Outbox>() {
    let (sink, go) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let receiver = durable("note", when_told(&sink, &go)).concurrency(1);
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    site.db.migrate().await.unwrap();
    let running = Worker::new(&site.db)
        .grace(Duration::from_millis(50))
        .start()
        .await
        .unwrap();
    for number in 0..3 {
        site.db.send(noted(number)).await.unwrap();
    }
    sink.until(1).await;
    let drained = running.drain().await;
    assert_eq!((drained.delivered, drained.lost), (0, 0));
    let free = "SELECT COUNT(*) FROM aftercommit_effects WHERE owner IS NULL";
    assert_eq!(DB::number(&site.others, free.into()).await, 3);
    assert_eq!(site.count("workers").await, 0);
    // Another worker takes them at once, and a commit after the drain is its business too.
    site.db.send(noted(3)).await.unwrap();
    go.add_permits(10);
    let running = worker(&site.db).await;
    sink.until(5).await;
    site.until("effects", 0).await;
    running.drain().await;
}

async fn a_lost_hand_over_is_found<DB: Outbox>() {
    let sink = Sink::default();
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().durable("note", into(&sink)));
    site.db.migrate().await.unwrap();
    let faults = Faults::new().at_point(Point::Committed, 1, Act::Fail);
    let db = site.db.clone().with_faults(&faults);
    let running = worker(&db).await;
    patient(
        async || site.count("workers").await == 1,
        || "the worker".into(),
    )
    .await;
    // The worker must have been heard of, or the effect would be nobody's from the start.
    patient(
        async || {
            db.send(noted("x")).await.unwrap();
            faults.reached(Point::Committed) > 0
        },
        || "a commit".into(),
    )
    .await;
    sink.until(1).await;
    site.until("effects", 0).await;
    running.drain().await;
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

async fn settings_that_cannot_work_are_refused<DB: Outbox>() {
    let site = Site::<DB>::open().await;
    if !DB::MIGRATED {
        let missing = Worker::new(&site.db).start().await.unwrap_err();
        assert_eq!(missing.code(), Some("SCHEMA_MISSING"), "{missing}");
    }
    site.db.migrate().await.unwrap();
    let refused = Worker::new(&site.db)
        .lease(Duration::ZERO)
        .start()
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("`lease`"), "{refused}");
    let refused = Worker::new(&site.db)
        .poll_every(Duration::ZERO)
        .start()
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("`poll_every`"), "{refused}");
    for name in ["x".repeat(191), "a\0".into()] {
        let refused = Worker::new(&site.db).name(name).start().await.unwrap_err();
        assert!(refused.to_string().contains("`name`"), "{refused}");
    }
    let running = worker(&site.db).await;
    let second = Worker::new(&site.db).start().await.unwrap_err();
    assert_eq!(second.code(), Some("WORKER_RUNNING"));
    running.drain().await;
    worker(&site.db).await.drain().await;
    site.run("INSERT INTO aftercommit_schema (version) VALUES (99)")
        .await;
    let newer = Worker::new(&site.db).start().await.unwrap_err();
    assert_eq!(newer.code(), Some("SCHEMA_VERSION"));
    assert!(newer.to_string().contains("99"), "{newer}");
}

async fn receivers_may_come_and_go_while_a_worker_runs<DB: Outbox>() {
    let (first, second) = (Sink::default(), Sink::default());
    let (site, running) = site::<DB>(durable("first", into(&first))).await;
    let connection = site
        .db
        .signals()
        .connect(durable("second", into(&second)))
        .unwrap();
    site.db.send(noted(1)).await.unwrap();
    first.until(1).await;
    second.until(1).await;
    connection.disconnect();
    site.db.send(noted(2)).await.unwrap();
    first.until(2).await;
    site.until("effects", 0).await;
    assert_eq!(second.all(), ["1"]);
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

mod postgres_alone {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_wake_up_reaches_other_processes_only_on_postgres() {
        let sink = Sink::default();
        let mut site = Site::<sqlx::Postgres>::open().await;
        site.db = site.db.clone().with_wake_ups();
        let site = site.with_signals(Signals::new().with(durable("note", into(&sink))));
        site.db.migrate().await.unwrap();
        // It does not look by itself while this test lasts.
        let worker = Worker::new(&site.db).poll_every(Duration::from_secs(3600));
        let running = worker.start().await.unwrap();
        let elsewhere = site.elsewhere().await.with_wake_ups();
        let elsewhere =
            elsewhere.with_signals(Signals::new().with(durable_elsewhere::<_, Noted>("note")));
        for number in 0..5 {
            elsewhere.send(noted(number)).await.unwrap();
            sink.until(number + 1).await;
        }
        running.drain().await;
    }
}

async fn those_behind_a_failure_follow_a_handler_in_a_transaction<DB: Outbox>() {
    let go = Arc::new(Semaphore::new(0));
    let receiver = durable(
        "insert",
        with_state(Arc::clone(&go), insert_when_allowed::<DB>),
    )
    .key(|_: &Noted| "k".into())
    .retry(
        RetryPolicy::attempts(1_000_000)
            .first(Duration::from_millis(1))
            .longest(Duration::from_millis(20)),
    );
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    site.db.migrate().await.unwrap();
    // What helps it after half a lease comes too late for this test.
    let worker = Worker::new(&site.db)
        .poll_every(Duration::from_millis(20))
        .lease(Duration::from_secs(3600));
    let running = worker.start().await.unwrap();
    for number in 0..4 {
        site.db.send(noted(number)).await.unwrap();
    }
    let parked = "SELECT COUNT(*) FROM aftercommit_waiting WHERE due_at IS NULL";
    patient(
        async || DB::number(&site.others, parked.into()).await == 3,
        || "3 parked".into(),
    )
    .await;
    go.add_permits(1);
    patient(
        async || site.ids().await == [0, 1, 2, 3],
        || "the rows".into(),
    )
    .await;
    running.drain().await;
}

async fn insert_when_allowed<DB: Outbox>(
    go: &Arc<Semaphore>,
    tx: &mut Tx<DB>,
    noted: &Noted,
) -> Result<()> {
    if go.available_permits() == 0 {
        return Err(Error::other("not yet"));
    }
    DB::insert(tx, noted.0.parse().unwrap()).await
}

async fn a_receiver_that_went_while_it_ran_takes_nothing_more<DB: Outbox>() {
    let (sink, go) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let faults = Faults::new();
    let db = site.db.clone().with_faults(&faults);
    let running = worker(&db).await;
    let connection = db
        .signals()
        .connect(durable("note", when_told(&sink, &go)))
        .unwrap();
    db.send(noted("running")).await.unwrap();
    sink.until(1).await;
    connection.disconnect();
    // The worker has seen that it is gone, has asked who is paused, and has looked after the others.
    let rescued = faults.reached(Point::Rescue);
    patient(
        async || faults.reached(Point::Rescue) > rescued + 1,
        || "some rounds".into(),
    )
    .await;
    go.add_permits(1);
    site.until("effects", 0).await;
    let elsewhere = Signals::new().with(durable_elsewhere::<_, Noted>("note"));
    let elsewhere = site.elsewhere().await.with_signals(elsewhere);
    elsewhere.send(noted("for others")).await.unwrap();
    let claims = faults.reached(Point::Claimed);
    let rescued = faults.reached(Point::Rescue);
    patient(
        async || faults.reached(Point::Rescue) > rescued + 1,
        || "some more rounds".into(),
    )
    .await;
    assert_eq!(faults.reached(Point::Claimed), claims, "it was taken");
    // Whoever is connected again is served again.
    db.signals()
        .connect(durable("note", when_told(&sink, &go)))
        .unwrap();
    assert_eq!(sink.until(2).await, ["running", "for others"]);
    go.add_permits(1);
    site.until("effects", 0).await;
    assert_eq!(running.drain().await.lost, 0);
}

async fn times_without_an_end_are_settings_too<DB: Outbox>() {
    let sink = Sink::default();
    let receiver = durable("note", into(&sink))
        .concurrency(usize::MAX)
        .batch(usize::MAX)
        .timeout(Duration::MAX)
        .retry(RetryPolicy::attempts(2).longest(Duration::MAX));
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    site.db.migrate().await.unwrap();
    let running = Worker::new(&site.db)
        .grace(Duration::MAX)
        .lease(Duration::MAX)
        .poll_every(Duration::MAX)
        .start()
        .await
        .unwrap();
    site.until("workers", 1).await;
    site.db.send(noted("x")).await.unwrap();
    sink.until(1).await;
    site.until("effects", 0).await;
    assert_eq!(running.drain().await.delivered, 1);
    assert_eq!(site.count("workers").await, 0);
}

async fn a_worker_whose_runtime_ended_leaves_room_for_another<DB: Outbox>() {
    let sink = Sink::default();
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().durable("note", into(&sink)));
    site.db.migrate().await.unwrap();
    let db = site.db.clone();
    let first = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let running = runtime.block_on(async { Worker::new(&db).start().await.unwrap() });
        drop(runtime);
        running
    });
    let first = first.await.unwrap();
    let running = worker(&site.db).await;
    site.db.send(noted("x")).await.unwrap();
    sink.until(1).await;
    running.drain().await;
    drop(first);
}

async fn an_answer_that_never_comes_is_not_waited_for<DB: Outbox>() {
    let sink = Sink::default();
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().durable("note", into(&sink)));
    site.db.migrate().await.unwrap();
    let all = [Point::Extend, Point::Rescue, Point::Claim, Point::Settle];
    let faults = all.into_iter().fold(Faults::new(), |faults, point| {
        faults.at_point(point, 2, Act::Hang)
    });
    let db = site.db.clone().with_faults(&faults);
    let running = Worker::new(&db)
        .poll_every(Duration::from_millis(20))
        .lease(Duration::from_millis(500))
        .start()
        .await
        .unwrap();
    let elsewhere = Signals::new().with(durable_elsewhere::<_, Noted>("note"));
    let elsewhere = site.elsewhere().await.with_signals(elsewhere);
    // One after another, so that each needs a claim and a statement that settles it.
    for number in 1..=3 {
        elsewhere.send(noted(number)).await.unwrap();
        sink.until(number).await;
    }
    for point in all {
        patient(
            async || faults.reached(point) > 2,
            || format!("another {}", point.name()),
        )
        .await;
    }
    site.until("effects", 0).await;
    running.drain().await;
}

async fn tables_of_other_names_have_a_worker_of_their_own<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    site.db.send(noted("here")).await.unwrap();
    sink.until(1).await;
    let there = site.db.clone().with_tables(None, "queue_").unwrap();
    there.migrate().await.unwrap();
    there.send(noted("there")).await.unwrap();
    let owned = "SELECT COUNT(*) FROM queue_effects WHERE owner IS NOT NULL";
    assert_eq!(DB::number(&site.others, owned.into()).await, 0);
    let second = worker(&there).await;
    assert_eq!(sink.until(2).await, ["here", "there"]);
    patient(
        async || DB::number(&site.others, "SELECT COUNT(*) FROM queue_effects".into()).await == 0,
        || "the end of it".into(),
    )
    .await;
    assert_eq!(second.drain().await.delivered, 1);
    assert_eq!(running.drain().await.delivered, 1);
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
