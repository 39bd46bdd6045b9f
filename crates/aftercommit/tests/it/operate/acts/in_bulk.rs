//! Acts on more than one effect: all of a receiver, a receiver that is paused, all that are old.

use std::time::Duration;

use aftercommit::operate::Filter;

use crate::operate::{Office, carrying};
use crate::support::{Outbox, patient};

on_each_database_and_the_pooler! {
    all_dead_letters_of_a_receiver_are_retried_once,
    a_paused_receiver_waits_until_it_is_resumed,
    old_letters_are_pruned,
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
