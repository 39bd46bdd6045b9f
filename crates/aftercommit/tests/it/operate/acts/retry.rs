//! A dead letter is retried, as it was or as it was edited.

use aftercommit::operate::{Filter, State};

use crate::operate::{LATER, Office, carrying};
use crate::support::{Outbox, patient};

on_each_database_and_the_pooler! {
    retrying_makes_it_pending_and_keeps_its_history,
    retrying_keeps_the_order_of_a_key,
    of_many_who_retry_one_does,
    an_edited_letter_is_delivered_as_edited,
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
