//! Each statement of a worker, and all that can happen to it: nothing is lost, whatever the database says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aftercommit::delivery::{Point, Running};
use aftercommit::effect::{durable, durable_elsewhere};
use aftercommit::testing::{Act, Faults, StatementFault};
use aftercommit::{Db, Delivery, Error, Ok, Outcome, Result, RetryPolicy, Signals, Worker};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::support::{Outbox, Sink, Site, long, patient};

on_each_database! {
    a_fault_of_any_statement_loses_nothing,
}

/// What every database's worker sends in the scenario. That none is missing is checked.
const STATEMENTS: [&str; 34] = [
    "bury",
    "claim",
    "clock",
    "disown",
    "extend",
    "heads",
    "owned",
    "park",
    "park_pick",
    "parked",
    "paused",
    "promote",
    "promote_pick",
    "promoted",
    "register",
    "release",
    "release_all",
    "rescue",
    "rescue_dead",
    "rescue_pick",
    "resign",
    "schema_version",
    "settle",
    "start",
    "unpark_pick",
    "unblocked",
    "wait",
    "lock",
    "unique_due",
    "unique_free",
    "unique_gone",
    "unique_prune",
    "unique_prune_pick",
    "take",
];

/// The statements of the databases that lock first, and have a table of unique names.
const OF_LOCKS: [&str; 6] = [
    "lock",
    "unique_due",
    "unique_free",
    "unique_gone",
    "unique_prune",
    "unique_prune_pick",
];

#[derive(Clone, Serialize, Deserialize)]
struct Free(String);
#[derive(Clone, Serialize, Deserialize)]
struct Ordered(usize);
#[derive(Clone, Serialize, Deserialize)]
struct Late;
#[derive(Clone, Serialize, Deserialize)]
struct Doomed;
#[derive(Clone, Serialize, Deserialize)]
struct Slow(usize);
#[derive(Clone, Serialize, Deserialize)]
struct Once(usize);

fn receivers<DB: Outbox>(sink: &Sink, gate: &Arc<Semaphore>) -> Signals<DB> {
    let again = RetryPolicy::attempts(1_000)
        .first(Duration::from_millis(40))
        .longest(Duration::from_millis(60));
    let (free, late, ordered, slow) = (sink.clone(), sink.clone(), sink.clone(), sink.clone());
    let (once, once_late) = (sink.clone(), sink.clone());
    let (fails, gate) = (AtomicUsize::new(3), Arc::clone(gate));
    Signals::new()
        .durable("free", move |signal: Delivery<Free>| {
            free.put(format!("free {}", signal.0));
            std::future::ready(Ok(()))
        })
        .with(
            durable("ordered", move |signal: Delivery<Ordered>| {
                let left = fails.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    Some(left.saturating_sub(1))
                });
                let failed = left.is_ok_and(|left| left > 0);
                if !failed {
                    ordered.put(format!("ordered {}", signal.0));
                }
                std::future::ready(if failed {
                    Err(Error::other("not yet"))
                } else {
                    Ok(())
                })
            })
            .key(|_: &Ordered| "k".into())
            .retry(again),
        )
        .with(
            durable("late", move |_: Delivery<Late>| {
                late.put("late");
                std::future::ready(Ok(()))
            })
            .delay(|_: &Late| Duration::from_millis(20)),
        )
        .with(
            durable("once", move |signal: Delivery<Once>| {
                once.put(format!("once {}", signal.0));
                std::future::ready(Ok(()))
            })
            .unique(|once: &Once| once.0.to_string()),
        )
        .with(
            durable("once_late", move |signal: Delivery<Once>| {
                once_late.put(format!("once late {}", signal.0));
                std::future::ready(Ok(()))
            })
            .unique(|once: &Once| once.0.to_string())
            .delay(|_: &Once| Duration::from_millis(20)),
        )
        .with(
            durable("doomed", |_: Delivery<Doomed>| {
                std::future::ready(Ok(Outcome::discard("on purpose")))
            })
            .key(|_: &Doomed| "d".into()),
        )
        .with(
            durable("slow", move |signal: Delivery<Slow>| {
                let (sink, gate) = (slow.clone(), Arc::clone(&gate));
                async move {
                    gate.acquire()
                        .await
                        .map(|permit| permit.forget())
                        .map_err(Error::other)?;
                    sink.put(format!("slow {}", signal.0));
                    Ok(())
                }
            })
            .concurrency(1)
            .retry(again),
        )
}

/// The labels that must be in the sink at the end.
fn expected() -> Vec<String> {
    let mut all = vec![
        "free handed over",
        "free of a dead worker",
        "free lost",
        "late",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect::<Vec<_>>();
    all.extend((0..4).map(|number| format!("ordered {number}")));
    all.extend((0..6).map(|number| format!("slow {number}")));
    all.extend((0..2).flat_map(|number| [format!("once {number}"), format!("once late {number}")]));
    all.sort();
    all
}

async fn start<DB: Outbox>(db: &Db<DB>) -> Running {
    loop {
        let worker = Worker::new(db)
            .lease(Duration::from_millis(600))
            .poll_every(Duration::from_millis(25));
        match worker.start().await {
            Result::Ok(running) => return running,
            // A fault of its first statement is the caller's to see.
            Err(error) => assert!(error.as_database().is_some(), "{error}"),
        }
    }
}

async fn play<DB: Outbox>(site: &Site<DB>, faults: &Faults, what: &str) {
    let (sink, gate) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let db = site
        .db
        .clone()
        .with_signals(receivers(&sink, &gate))
        .with_faults(faults);
    for table in ["effects", "waiting", "dead", "workers", "receivers"] {
        site.run(&format!("DELETE FROM aftercommit_{table}")).await;
    }
    // An effect of a worker that died.
    let elsewhere = site
        .elsewhere()
        .await
        .with_signals(Signals::new().with(durable_elsewhere::<_, Free>("free")));
    elsewhere
        .send(Free("of a dead worker".into()))
        .await
        .unwrap();
    site.run("UPDATE aftercommit_effects SET owner = 1, fence = 1")
        .await;

    if DB::LOCKS_FIRST {
        site.run("DELETE FROM aftercommit_uniques").await;
        // A name that nobody has used for long.
        site.run("INSERT INTO aftercommit_uniques (receiver, unique_key, late, freed_at) VALUES ('once', 'old', 0, 1)")
            .await;
    }

    let running = start(&db).await;
    // It must be at work, or what is committed now is promised to nobody and there is nothing to give back.
    patient(
        async || faults.reached(Point::Claim) > 0,
        || format!("the worker ({what})"),
    )
    .await;
    for number in 0..4 {
        db.send(Ordered(number)).await.unwrap();
    }
    for number in 0..6 {
        db.send(Slow(number)).await.unwrap();
    }
    for number in 0..2 {
        db.send(Once(number)).await.unwrap();
    }
    db.send(Late).await.unwrap();
    db.send(Doomed).await.unwrap();
    db.send(Doomed).await.unwrap();
    db.send(Free("handed over".into())).await.unwrap();
    // A hand-over that is lost, of an effect that was promised to this process.
    let lost = faults.clone().at_point(
        Point::Committed,
        faults.reached(Point::Committed) + 1,
        Act::Fail,
    );
    db.clone()
        .with_faults(&lost)
        .send(Free("lost".into()))
        .await
        .unwrap();
    // An operator pauses a receiver that has some in memory, and lets it go on.
    site.run("INSERT INTO aftercommit_receivers (name, paused_at) VALUES ('slow', 1)")
        .await;
    let held =
        "SELECT COUNT(*) FROM aftercommit_effects WHERE receiver = 'slow' AND owner IS NOT NULL";
    patient(
        async || DB::number(&site.others, held.into()).await <= 1,
        || format!("the pause ({what})"),
    )
    .await;
    site.run("DELETE FROM aftercommit_receivers").await;
    gate.add_permits(1_000);
    // An operator lets those pass that stand behind a dead letter.
    let parked = "SELECT COUNT(*) FROM aftercommit_waiting WHERE due_at IS NULL";
    patient(
        async || DB::number(&site.others, parked.into()).await == 1,
        || format!("one parked ({what})"),
    )
    .await;
    site.run("UPDATE aftercommit_dead SET blocks = 0").await;

    patient(
        async || {
            let open = "SELECT (SELECT COUNT(*) FROM aftercommit_effects) + (SELECT COUNT(*) FROM aftercommit_waiting)";
            DB::number(&site.others, open.into()).await == 0
        },
        || format!("the end of it ({what}): {:?}", sink.all()),
    )
    .await;
    if DB::LOCKS_FIRST {
        // A name that could not be freed is taken over by who uses it next.
        let old = "SELECT COUNT(*) FROM aftercommit_uniques WHERE unique_key = 'old'";
        patient(
            async || DB::number(&site.others, old.into()).await == 0,
            || format!("the pruning ({what})"),
        )
        .await;
        for number in 0..2 {
            db.send(Once(number)).await.unwrap();
        }
        let open = "SELECT (SELECT COUNT(*) FROM aftercommit_effects) + (SELECT COUNT(*) FROM aftercommit_waiting)";
        patient(
            async || DB::number(&site.others, open.into()).await == 0,
            || format!("the names that are used again ({what})"),
        )
        .await;
        let again = sink
            .all()
            .iter()
            .filter(|label| label.starts_with("once"))
            .count();
        assert!(again >= 8, "{what}: {again}");
    }
    running.drain().await;
    let mut delivered = sink.all();
    let order: Vec<&String> = delivered
        .iter()
        .filter(|label| label.starts_with("ordered"))
        .collect();
    assert!(order.is_sorted(), "{what}: {order:?}");
    delivered.sort();
    delivered.dedup();
    assert_eq!(delivered, expected(), "{what}");
    assert_eq!(site.count("dead").await, 2, "{what}");
}

async fn a_fault_of_any_statement_loses_nothing<DB: Outbox>() {
    let site = Site::<DB>::with_pool_of(8).await;
    site.db.migrate().await.unwrap();
    let faults = Faults::new();
    play(&site, &faults, "without a fault").await;
    let sent = faults.statements();
    for statement in &sent {
        assert!(
            STATEMENTS.contains(statement),
            "{statement} is not in the list"
        );
    }
    let missing: Vec<&&str> = STATEMENTS
        .iter()
        .filter(|name| !sent.contains(name))
        .collect();
    let of_others = |name: &&&str| !DB::LOCKS_FIRST && OF_LOCKS.contains(name);
    assert!(
        missing.iter().all(of_others),
        "the scenario does not reach {missing:?}"
    );

    let mut runs = 0;
    for statement in sent {
        let all = StatementFault::ALL;
        let kinds = if long() {
            all.to_vec()
        } else {
            vec![all[fastrand::usize(..all.len())]]
        };
        for fault in kinds {
            let what = format!("{fault:?} at {statement} on {}", DB::NAME);
            play(&site, &Faults::new().at_statement(statement, fault), &what).await;
            runs += 1;
        }
    }
    println!("{runs} faults of statements on {}: nothing lost", DB::NAME);
}
