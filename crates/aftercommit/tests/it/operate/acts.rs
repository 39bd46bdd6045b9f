//! Acting: retry, discard, skip, edit, pause, prune.

use std::time::Duration;

use aftercommit::EffectId;
use aftercommit::operate::{Filter, State};

use super::{LATER, Office, carrying, code};
use crate::support::{Outbox, patient};

on_each_database_and_the_pooler! {
    retrying_makes_it_pending_and_keeps_its_history,
    retrying_keeps_the_order_of_a_key,
    discarding_and_skipping_let_a_key_go_on,
    what_stood_behind_is_let_go_at_once,
    what_is_claimed_is_left_to_its_worker,
    what_the_state_does_not_allow_is_an_error,
    of_many_who_retry_one_does,
    all_dead_letters_of_a_receiver_are_retried_once,
    an_edited_letter_is_delivered_as_edited,
    a_paused_receiver_waits_until_it_is_resumed,
    old_letters_are_pruned,
    a_move_that_would_lose_is_undone,
    what_is_done_is_told,
}

async fn retrying_makes_it_pending_and_keeps_its_history<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.order(&["a1", "b1"]).await;
    office.bury(&carrying("a1")).await;
    office.put_off(&carrying("b1"), LATER).await;
    for text in ["a1", "b1"] {
        let id = office.id(text).await;
        let before = office.operator.get(id).await.unwrap().unwrap();
        office.operator.retry(id).await.unwrap();
        let after = office.operator.get(id).await.unwrap().unwrap();
        assert_eq!(after.summary.status.state(), State::Pending);
        assert_eq!(after.summary.failures, 0);
        assert_eq!(after.attempts, before.attempts);
        assert_eq!(after.payload, before.payload);
        let kept = |detail: &aftercommit::operate::Detail| {
            let summary = detail.summary.clone();
            (
                summary.key,
                summary.place,
                summary.created_at,
                summary.version,
            )
        };
        assert_eq!(kept(&after), kept(&before));
    }
    assert_eq!(
        office.site.count("dead").await + office.site.count("waiting").await,
        0
    );
    let worker = office.worker().await;
    let mut delivered = office.sink.until(2).await;
    delivered.sort();
    assert_eq!(delivered, ["a1", "b1"]);
    worker.drain().await;
}

async fn retrying_keeps_the_order_of_a_key<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.harden(&["a1", "a2"]);
    let worker = office.worker().await;
    office.order(&["a1", "a2", "a3", "b1"]).await;
    office.site.until("dead", 1).await;
    assert_eq!(office.sink.until(1).await, ["b1"]);
    let parked = async || office.site.count("waiting").await == 2;
    patient(parked, || "two that are parked".into()).await;

    // The first one again; the second one is hard as well, and keeps the third one back.
    office.harden(&["a2"]);
    office.operator.retry(office.id("a1").await).await.unwrap();
    assert_eq!(office.sink.until(2).await, ["b1", "a1"]);
    office.site.until("dead", 1).await;
    let second = office.id("a2").await;
    assert_eq!(office.state(second).await, Some(State::Dead));
    office.harden(&[]);
    office.operator.retry(second).await.unwrap();
    assert_eq!(office.sink.until(4).await, ["b1", "a1", "a2", "a3"]);
    worker.drain().await;
}

async fn discarding_and_skipping_let_a_key_go_on<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.harden(&["a1", "b1", "later"]);
    let worker = office.worker().await;
    office.order(&["a1", "a2", "b1", "b2", "later", "l2"]).await;
    office.site.until("dead", 2).await;
    let waiting = async || {
        let parked = Filter::new().state(State::Parked);
        office
            .operator
            .list(&parked, None)
            .await
            .unwrap()
            .effects
            .len()
            == 3
    };
    patient(waiting, || "three that are parked".into()).await;

    let dead = office.id("a1").await;
    office
        .operator
        .discard(dead, "the customer\nis gone")
        .await
        .unwrap();
    assert_eq!(office.state(dead).await, None);
    assert_eq!(office.sink.until(1).await, ["a2"]);

    let skipped = office.id("b1").await;
    office.operator.skip(skipped).await.unwrap();
    office.operator.skip(skipped).await.unwrap();
    assert_eq!(office.sink.until(2).await, ["a2", "b2"]);
    assert_eq!(office.state(skipped).await, Some(State::Dead));

    let later = office.id("later").await;
    assert_eq!(office.state(later).await, Some(State::Waiting));
    office.operator.discard(later, "").await.unwrap();
    assert_eq!(office.sink.until(3).await, ["a2", "b2", "l2"]);

    // Its turn is over, and it can still be delivered.
    office.harden(&[]);
    office.operator.retry(skipped).await.unwrap();
    assert_eq!(office.sink.until(4).await[3], "b1");
    worker.drain().await;
    let heard = office.site.heard.all();
    assert!(
        heard.contains(&"discarded 1 of ship: the customer is gone".into()),
        "{heard:?}"
    );
}

/// Without a worker that could do it.
async fn what_stood_behind_is_let_go_at_once<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office
        .order(&["a1", "a2", "a3", "b1", "b2", "c1", "c2", "d1", "d2"])
        .await;
    for behind in ["a3", "b2", "c2", "d2"] {
        office.put_off(&carrying(behind), "NULL").await;
    }
    office.put_off(&carrying("c1"), LATER).await;
    for text in ["a1", "a2", "b1", "d1"] {
        office.bury(&carrying(text)).await;
    }
    let operator = &office.operator;
    let (third, second) = (office.id("a3").await, office.id("b2").await);
    operator.skip(office.id("a1").await).await.unwrap();
    // The second one blocks it still.
    assert_eq!(office.state(third).await, Some(State::Parked));
    operator.discard(office.id("a2").await, "no").await.unwrap();
    assert_eq!(office.state(third).await, Some(State::Pending));
    assert_eq!(office.state(second).await, Some(State::Parked));
    operator.skip(office.id("b1").await).await.unwrap();
    assert_eq!(office.state(second).await, Some(State::Pending));
    let behind = office.id("c2").await;
    operator.discard(office.id("c1").await, "no").await.unwrap();
    assert_eq!(office.state(behind).await, Some(State::Pending));
    // Behind one that was retried it stays: that is not settled.
    let behind = office.id("d2").await;
    operator.retry(office.id("d1").await).await.unwrap();
    assert_eq!(office.state(behind).await, Some(State::Parked));
}

async fn what_is_claimed_is_left_to_its_worker<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    let worker = office.worker().await;
    office.note(&["slow"]).await;
    let claimed = async || {
        let claimed = Filter::new().state(State::Claimed);
        office
            .operator
            .list(&claimed, None)
            .await
            .unwrap()
            .effects
            .len()
            == 1
    };
    patient(claimed, || "a claim".into()).await;
    let id = office.id("slow").await;
    let operator = &office.operator;
    for refused in [
        operator.retry(id).await,
        operator.discard(id, "no").await,
        operator.skip(id).await,
        operator.edit(id, "1").await,
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), Some("NOT_DEAD"));
        assert!(refused.to_string().contains("\"the one\""), "{refused}");
    }
    // A permit is kept, in case that the call is not there yet.
    office.go.notify_one();
    assert_eq!(office.sink.until(1).await, ["slow"]);
    assert_eq!(worker.drain().await.delivered, 1);
    assert_eq!(code(operator.retry(id).await), "EFFECT_MISSING");
}

async fn what_the_state_does_not_allow_is_an_error<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.order(&["a1", "a2", "b1"]).await;
    office.note(&["x"]).await;
    office.bury(&carrying("a1")).await;
    office.put_off(&carrying("a2"), "NULL").await;
    office.put_off(&carrying("b1"), LATER).await;
    let operator = &office.operator;
    let (parked, waiting, pending) = (
        office.id("a2").await,
        office.id("b1").await,
        office.id("x").await,
    );
    let table = [
        (operator.retry(parked).await, "parked behind"),
        (operator.retry(pending).await, "is pending"),
        (operator.discard(parked, "").await, "parked behind"),
        (operator.discard(pending, "").await, "is pending"),
        (operator.skip(parked).await, "parked behind"),
        (operator.skip(waiting).await, "waits for its time"),
        (operator.skip(pending).await, "is pending"),
        (operator.edit(parked, "1").await, "parked behind"),
        (operator.edit(waiting, "1").await, "waits for its time"),
        (operator.edit(pending, "1").await, "is pending"),
    ];
    for (refused, words) in table {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), Some("NOT_DEAD"));
        assert!(refused.to_string().contains(words), "{refused}");
    }
    let nowhere = EffectId::from(uuid::Uuid::from_u128(7));
    for refused in [
        operator.retry(nowhere).await,
        operator.discard(nowhere, "").await,
        operator.skip(nowhere).await,
        operator.edit(nowhere, "1").await,
        operator.edit(nowhere, "{").await,
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), Some("EFFECT_MISSING"));
        assert!(
            refused.to_string().contains(&nowhere.to_string()),
            "{refused}"
        );
    }
    assert_eq!(office.site.count("effects").await, 1);
    assert_eq!(office.site.count("waiting").await, 2);
    assert_eq!(office.site.count("dead").await, 1);
}

async fn of_many_who_retry_one_does<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.note_many(20).await;
    office.bury("receiver = 'note'").await;
    let worker = office.worker().await;
    let letters = office
        .operator
        .list(&Filter::new(), None)
        .await
        .unwrap()
        .effects;
    let mut tasks = Vec::new();
    for turn in 0..4 {
        let (operator, letters) = (office.operator.clone(), letters.clone());
        tasks.push(tokio::spawn(async move {
            let mut done = 0;
            for letter in &letters {
                let answer = match turn {
                    3 => operator.discard(letter.id, "too late").await,
                    _ => operator.retry(letter.id).await,
                };
                match answer {
                    Result::Ok(()) => done += 1,
                    Err(error) => {
                        let code = error.code();
                        assert!(
                            matches!(code, Some("NOT_DEAD" | "EFFECT_MISSING")),
                            "{error}"
                        );
                    }
                }
            }
            (turn, done)
        }));
    }
    let (mut retried, mut discarded) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            (3, done) => discarded += done,
            (_, done) => retried += done,
        }
    }
    assert_eq!(retried + discarded, 20);
    office.sink.until(retried).await;
    office.site.until("effects", 0).await;
    let drained = worker.drain().await;
    assert_eq!((drained.delivered, drained.lost), (retried as u64, 0));
    assert_eq!(office.sink.all().len(), retried);
    assert_eq!(office.site.count("dead").await, 0);
}

async fn all_dead_letters_of_a_receiver_are_retried_once<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.note_many(600).await;
    office.order(&["a1"]).await;
    office.bury("fence = 0").await;
    assert_eq!(office.operator.retry_all("nobody").await.unwrap(), 0);
    // They die again at once, while the others are still being retried.
    let numbers: Vec<String> = (0..600).map(|number| number.to_string()).collect();
    let numbers: Vec<&'static str> = numbers.into_iter().map(|text| &*text.leak()).collect();
    office.harden(&numbers);
    let worker = office.worker().await;
    assert_eq!(office.operator.retry_all("note").await.unwrap(), 600);
    office.site.until("dead", 601).await;
    assert_eq!(worker.drain().await.died, 600);
    let note = Filter::new().receiver("note").page(1_000);
    let letters = office.operator.list(&note, None).await.unwrap().effects;
    assert!(
        letters.iter().all(|letter| letter.failures == 1),
        "{:?}",
        letters[0]
    );
}

async fn an_edited_letter_is_delivered_as_edited<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.note(&["tpyo"]).await;
    office.bury("receiver = 'note'").await;
    let (operator, id) = (&office.operator, office.id("tpyo").await);
    let deep = "[".repeat(31) + &"]".repeat(31);
    let long = format!("\"{}\"", "x".repeat(1024 * 1024));
    for (payload, expected) in [
        ("{", "PAYLOAD_NOT_JSON"),
        ("é", "PAYLOAD_NOT_JSON"),
        ("\"\\u0000\"", "PAYLOAD_NUL"),
        ("123456789012345678901234567890", "NUMBER_PRECISION"),
        (&deep, "PAYLOAD_TOO_DEEP"),
        (&long, "PAYLOAD_TOO_LARGE"),
    ] {
        let refused = operator.edit(id, payload).await.unwrap_err();
        assert_eq!(refused.code(), Some(expected), "{refused}");
        assert!(refused.to_string().contains("\"note\""), "{refused}");
    }
    assert_eq!(operator.get(id).await.unwrap().unwrap().payload, "\"tpyo\"");

    operator.edit_as(id, "\"another form\"", 2).await.unwrap();
    assert_eq!(operator.get(id).await.unwrap().unwrap().summary.version, 2);
    operator
        .edit_as(id, "\"typo, ''; -- 😀\"", 1)
        .await
        .unwrap();
    operator.retry(id).await.unwrap();
    let worker = office.worker().await;
    assert_eq!(office.sink.until(1).await, ["typo, ''; -- 😀"]);
    worker.drain().await;
}

async fn a_paused_receiver_waits_until_it_is_resumed<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    let worker = office.worker().await;
    office.note(&["before"]).await;
    office.sink.until(1).await;
    for _ in 0..2 {
        office.operator.pause("note").await.unwrap();
    }
    // Once the worker knows, it is handed nothing any more, and takes nothing.
    let mut probes = 0;
    let stays = async || {
        office.note(&["probe"]).await;
        probes += 1;
        office.operator.overview().await.unwrap().receivers[0].pending > 0
    };
    patient(stays, || "a paused worker".into()).await;
    office.note(&["x", "y"]).await;
    // Others go on.
    office.order(&["a1"]).await;
    let goes_on = async || office.sink.all().contains(&"a1".into());
    patient(goes_on, || "the other receiver".into()).await;
    // What was claimed at the last moment is given back.
    let given_back = async || {
        let overview = office.operator.overview().await.unwrap();
        assert!(overview.receivers[0].paused.is_some());
        overview.receivers[0].pending >= 3
    };
    patient(given_back, || "three that are pending".into()).await;
    assert!(!office.sink.all().contains(&"x".into()));

    office.operator.resume("note").await.unwrap();
    office.operator.resume("unheard of").await.unwrap();
    office.sink.until(probes + 4).await;
    assert_eq!(
        office.operator.overview().await.unwrap().receivers[0].paused,
        None
    );
    worker.drain().await;
}

async fn old_letters_are_pruned<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.note_many(600).await;
    office.order(&["a1", "a2", "b1", "c1"]).await;
    office.bury("receiver = 'note'").await;
    for text in ["a1", "b1", "c1"] {
        office.bury(&carrying(text)).await;
    }
    office.put_off(&carrying("a2"), "NULL").await;
    office.operator.skip(office.id("c1").await).await.unwrap();
    let hour = Duration::from_secs(3600);
    assert_eq!(office.operator.prune(hour).await.unwrap(), 0);
    assert_eq!(office.operator.prune(Duration::MAX).await.unwrap(), 0);
    office
        .site
        .run("UPDATE aftercommit_dead SET died_at = 1 WHERE payload <> '\"b1\"'")
        .await;
    // The young one stays, and that which has those behind it.
    assert_eq!(office.operator.prune(hour).await.unwrap(), 601);
    assert_eq!(office.site.effects("dead").await, ["\"a1\"", "\"b1\""]);
    assert_eq!(office.site.count("waiting").await, 1);
    assert_eq!(office.operator.prune_blocking(hour).await.unwrap(), 1);
    assert_eq!(office.site.effects("dead").await, ["\"b1\""]);
    assert_eq!(office.site.effects("effects").await, ["\"a2\""]);
}

async fn a_move_that_would_lose_is_undone<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.note(&["x", "y"]).await;
    office.bury("receiver = 'note'").await;
    // Rows that stay, and errors.
    let sabotage = match DB::NAME {
        "PostgreSQL" => "CREATE RULE keep AS ON DELETE TO aftercommit_dead DO INSTEAD NOTHING",
        "SQLite" => {
            "CREATE TRIGGER keep BEFORE DELETE ON aftercommit_dead BEGIN SELECT RAISE(IGNORE); END"
        }
        _ => {
            "CREATE TRIGGER keep BEFORE DELETE ON aftercommit_dead FOR EACH ROW \
             SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'"
        }
    };
    office.site.run(sabotage).await;
    let id = office.id("x").await;
    let refused = [
        office.operator.retry(id).await.unwrap_err(),
        office.operator.retry_all("note").await.unwrap_err(),
    ];
    for refused in refused {
        if DB::NAME != "MySQL" {
            assert_eq!(refused.code(), Some("EFFECTS_TORN"), "{refused}");
        }
    }
    assert_eq!(office.site.count("effects").await, 0);
    assert_eq!(office.site.count("dead").await, 2);
    // The connection is whole, and given back.
    assert_eq!(office.state(id).await, Some(State::Dead));
}

async fn what_is_done_is_told<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.note(&["x", "y", "z"]).await;
    office.bury("receiver = 'note'").await;
    let operator = &office.operator;
    let ids = [office.id("x").await, office.id("y").await];
    operator.edit(ids[0], "1").await.unwrap();
    operator.skip(ids[0]).await.unwrap();
    operator.retry(ids[0]).await.unwrap();
    operator.discard(ids[1], "\u{1b}[31mspam").await.unwrap();
    operator.pause("note").await.unwrap();
    operator.resume("note").await.unwrap();
    operator.retry_all("note").await.unwrap();
    // What was refused is not told.
    operator.retry(ids[0]).await.unwrap_err();
    let heard = office.site.heard.all();
    let acts: Vec<&str> = heard
        .iter()
        .map(String::as_str)
        .filter(|heard| heard.contains(" of note"))
        .collect();
    assert_eq!(
        acts,
        [
            "edited 1 of note: no reason",
            "skipped 1 of note: no reason",
            "retried 1 of note: no reason",
            "discarded 1 of note:  [31mspam",
            "paused 0 of note: no reason",
            "resumed 0 of note: no reason",
            "retried 1 of note: no reason",
        ]
    );
}
