//! What an act answers and tells: refused, undone, or done.

use aftercommit::EffectId;
use aftercommit::operate::{Filter, State};

use crate::operate::{LATER, Office, carrying, code};
use crate::support::{Outbox, patient};

on_each_database_and_the_pooler! {
    what_is_claimed_is_left_to_its_worker,
    what_the_state_does_not_allow_is_an_error,
    a_move_that_would_lose_is_undone,
    what_is_done_is_told,
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
