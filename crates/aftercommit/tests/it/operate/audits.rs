//! Whether what is recorded is sound.

use std::time::Duration;

use aftercommit::Worker;
use aftercommit::operate::Wrong;

use super::{LATER, Office, carrying};
use crate::support::Outbox;

on_each_database_and_the_pooler! {
    an_audit_is_clean_on_every_sound_state,
    an_audit_is_clean_while_a_worker_works,
    an_audit_finds_each_thing_that_was_planted,
    an_audit_tells_whom_nobody_serves_here,
}

async fn an_audit_is_clean_on_every_sound_state<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    let site = &office.site;
    let audit = async || office.operator.audit(Duration::ZERO).await.unwrap();
    assert!(audit().await.is_clean());
    // Parked behind a dead letter, one that waits, and one that was retried; claimed by who is alive, and by who is silent
    // while nobody else could have noticed; due long ago while nobody lives.
    office
        .order(&["a1", "a2", "a3", "b1", "b2", "c1", "c2", "d1"])
        .await;
    office.note(&["x", "y"]).await;
    for behind in ["a2", "a3", "b2", "c2"] {
        office.put_off(&carrying(behind), "NULL").await;
    }
    office.bury(&carrying("a1")).await;
    office.put_off(&carrying("b1"), LATER).await;
    office.put_off(&carrying("d1"), "1").await;
    site.run("INSERT INTO aftercommit_workers (id, name, started_at, beat_at, lease) VALUES (7, 'w', 0, 0, 1)")
        .await;
    site.run(&format!(
        "UPDATE aftercommit_effects SET owner = 7 WHERE {}",
        carrying("x")
    ))
    .await;
    let found = audit().await;
    assert!(found.is_clean(), "{found}");
    assert_eq!(
        (
            found.pending,
            found.claimed,
            found.waiting,
            found.parked,
            found.dead
        ),
        (2, 1, 2, 4, 1)
    );
    assert_eq!(found.recorded(), 10);
    assert_eq!(found.unknown_receivers, Vec::<String>::new());
}

async fn an_audit_is_clean_while_a_worker_works<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.harden(&["a1", "b2", "c3", "later"]);
    let worker = Worker::new(&office.site.db).poll_every(Duration::from_millis(20));
    let worker = worker.lease(Duration::from_secs(4)).start().await.unwrap();
    // Those whose key was free already when they were parked are let go twice in each lease.
    let tolerance = Duration::from_secs(8);
    let work = async {
        for round in 0..10 {
            office
                .order(&[
                    "a1", "a2", "b1", "b2", "b3", "c1", "c2", "c3", "later", "l2",
                ])
                .await;
            office.note_many(50).await;
            if round % 3 == 2 {
                office.operator.retry_all("ship").await.unwrap();
            }
        }
    };
    let audit = async {
        loop {
            let found = office.operator.audit(tolerance).await.unwrap();
            assert!(found.is_clean(), "{found}");
            // One of each hard key, and all that is not behind them is delivered.
            if found.dead == 3 && found.pending + found.claimed == 0 {
                break;
            }
        }
    };
    tokio::join!(work, audit);
    worker.drain().await;
}

struct Planted {
    sql: Vec<String>,
    expected: fn(&Wrong) -> bool,
    count: usize,
}

async fn an_audit_finds_each_thing_that_was_planted<DB: Outbox>() {
    let copy = |from: &str, text: &str| {
        format!(
            "INSERT INTO aftercommit_waiting (id, receiver, order_key, place, version, payload, created_at, due_at, why, fence, \
             failures) SELECT id, receiver, order_key, place, version, payload, created_at, created_at + 3600000000, 'retry', \
             fence, 0 FROM aftercommit_{from} WHERE {}",
            carrying(text)
        )
    };
    let living = |number: u8, beat: &str| {
        format!(
            "INSERT INTO aftercommit_workers (id, name, started_at, beat_at, lease) SELECT {number}, 'w', 0, {beat}, 60000000 \
             FROM aftercommit_effects WHERE {}",
            carrying("x")
        )
    };
    let planted = [
        Planted {
            sql: vec![copy("effects", "x")],
            expected: |wrong| {
                matches!(
                    wrong,
                    Wrong::InTwoTables {
                        tables: ["effects", "waiting"]
                    }
                )
            },
            count: 1,
        },
        Planted {
            sql: vec![copy("dead", "z")],
            expected: |wrong| {
                matches!(
                    wrong,
                    Wrong::InTwoTables {
                        tables: ["waiting", "dead"]
                    }
                )
            },
            count: 1,
        },
        Planted {
            sql: vec!["UPDATE aftercommit_effects SET owner = 8 WHERE payload = '\"x\"'".into()],
            expected: |wrong| {
                matches!(
                    wrong,
                    Wrong::Abandoned {
                        worker: 8,
                        silent: None
                    }
                )
            },
            count: 1,
        },
        Planted {
            sql: vec![
                living(8, "1"),
                living(9, "created_at"),
                "UPDATE aftercommit_effects SET owner = 8 WHERE payload = '\"x\"'".into(),
            ],
            expected: |wrong| {
                matches!(
                    wrong,
                    Wrong::Abandoned {
                        worker: 8,
                        silent: Some(_)
                    }
                )
            },
            count: 1,
        },
        Planted {
            sql: vec!["UPDATE aftercommit_dead SET blocks = 0".into()],
            expected: |wrong| matches!(wrong, Wrong::ParkedForNothing),
            count: 2,
        },
        Planted {
            sql: vec![
                living(9, "created_at"),
                "UPDATE aftercommit_waiting SET due_at = 1 WHERE payload = '\"b1\"'".into(),
            ],
            expected: |wrong| matches!(wrong, Wrong::Overdue { by } if *by > Duration::from_secs(3600)),
            count: 1,
        },
        Planted {
            sql: vec![
                "UPDATE aftercommit_waiting SET place = 1000000 WHERE order_key = 'a'".into(),
            ],
            expected: |wrong| matches!(wrong, Wrong::SamePlace { place: 1_000_000 }),
            count: 2,
        },
        Planted {
            sql: vec![
                "UPDATE aftercommit_effects SET place = NULL WHERE payload = '\"c1\"'".into(),
            ],
            expected: |wrong| matches!(wrong, Wrong::NoPlace),
            count: 1,
        },
    ];
    for (number, planted) in planted.into_iter().enumerate() {
        let office = Office::<DB>::open().await;
        office.order(&["a1", "a2", "a3", "b1", "c1"]).await;
        office.note(&["x", "z"]).await;
        office.bury(&carrying("a1")).await;
        office.bury(&carrying("z")).await;
        office.put_off(&carrying("a2"), "NULL").await;
        office.put_off(&carrying("a3"), "NULL").await;
        office.put_off(&carrying("b1"), LATER).await;
        let clean = office.operator.audit(Duration::ZERO).await.unwrap();
        assert!(clean.is_clean(), "{clean}");
        for sql in &planted.sql {
            assert!(office.site.run(sql).await > 0, "{sql}");
        }
        let before = office.operator.overview().await.unwrap();
        let found = office
            .operator
            .audit(Duration::from_millis(1))
            .await
            .unwrap();
        assert_eq!(found.violations.len(), planted.count, "{number}: {found}");
        for violation in &found.violations {
            assert!((planted.expected)(&violation.wrong), "{number}: {found}");
            assert!(
                found.to_string().contains(&violation.effect.to_string()),
                "{found}"
            );
        }
        // It changed nothing.
        let after = office.operator.overview().await.unwrap();
        let counts = |overview: &aftercommit::operate::Overview| {
            let counts = overview
                .receivers
                .iter()
                .map(|r| (r.pending, r.claimed, r.waiting, r.parked, r.dead));
            counts.collect::<Vec<_>>()
        };
        assert_eq!(counts(&after), counts(&before));
    }
}

async fn an_audit_tells_whom_nobody_serves_here<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.note(&["x"]).await;
    office.order(&["a1"]).await;
    office.bury("receiver = 'ship'").await;
    let elsewhere = office.site.elsewhere().await.operate();
    let found = elsewhere.audit(Duration::ZERO).await.unwrap();
    assert!(found.is_clean(), "{found}");
    // Dead letters need nobody.
    assert_eq!(found.unknown_receivers, ["note"]);
    assert!(
        found.to_string().contains("\"note\" has no handler"),
        "{found}"
    );
}
