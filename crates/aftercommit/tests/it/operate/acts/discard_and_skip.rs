//! What blocks a key is discarded or skipped, and the key goes on.

use aftercommit::operate::{Filter, State};

use crate::operate::{LATER, Office, carrying};
use crate::support::{Outbox, patient};

on_each_database_and_the_pooler! {
    discarding_and_skipping_let_a_key_go_on,
    what_stood_behind_is_let_go_at_once,
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
