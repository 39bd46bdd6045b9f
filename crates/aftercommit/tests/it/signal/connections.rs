//! Receivers are connected, named, listed, filtered, muted, and leave.

use std::sync::Arc;

use aftercommit::signal::{after_commit, during, with_state};
use aftercommit::{Db, Ok, Signals, When};

use super::{Other, Saved, insert, note};
use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    a_name_is_taken_once,
    receivers_are_listed_with_their_place,
    connections_end_when_they_should,
    a_stale_guard_leaves_its_successor_alone,
    filters_choose,
    receivers_can_be_muted_for_a_scope,
}

async fn a_name_is_taken_once<DB: Server>() {
    let signals = Signals::<DB>::new().during("name", insert::<DB>);
    let refused = signals.connect(during("name", insert::<DB>)).unwrap_err();
    assert_eq!(refused.code(), Some("DUPLICATE_RECEIVER"));
    assert_eq!(
        refused.to_string().matches("connections.rs:").count(),
        2,
        "both places: {refused}"
    );
    assert_eq!(signals.receivers().len(), 1);
    // For another signal the name is free.
    signals
        .connect(during("name", async |_other: &Other| Ok(())))
        .unwrap();
    let chained = std::panic::AssertUnwindSafe(|| signals.clone().during("name", insert::<DB>));
    let panic = std::panic::catch_unwind(chained).unwrap_err();
    assert!(
        panic
            .downcast_ref::<String>()
            .unwrap()
            .contains("DUPLICATE_RECEIVER")
    );
}

async fn receivers_are_listed_with_their_place<DB: Server>() {
    let signals = Signals::<DB>::new().during("insert", insert::<DB>).with(
        after_commit("mail", async |_saved: Arc<Saved>| ()).filter(|saved: &Saved| saved.0 > 0),
    );
    let listed = signals.receivers();
    assert_eq!(
        listed
            .iter()
            .map(|r| (&*r.name, r.when))
            .collect::<Vec<_>>(),
        [("insert", When::During), ("mail", When::AfterCommit)]
    );
    assert!(
        listed
            .iter()
            .all(|r| r.place.file().ends_with("connections.rs") && r.signal.ends_with("Saved"))
    );
    assert!(!listed[0].filtered && listed[1].filtered);
    assert!(
        listed[0].to_string().contains("insert hears"),
        "{}",
        listed[0]
    );
}

async fn connections_end_when_they_should<DB: Server>() {
    let (labels, signals) = (Labels::default(), Signals::<DB>::new());
    let connect = |name: &'static str| {
        signals
            .connect(during(name, with_state((labels.clone(), name), note)))
            .unwrap()
    };
    let site = Site::<DB>::open().await.with_signals(signals.clone());
    let (by_hand, _stays) = (connect("by hand"), connect("stays"));
    {
        let _scoped = connect("scoped").scoped();
        site.db.send(Saved(1)).await.unwrap();
    }
    assert!(by_hand.disconnect());
    assert!(!signals.disconnect::<Saved>("by hand"));
    drop(_stays);
    site.db.send(Saved(2)).await.unwrap();
    assert_eq!(
        labels.all(),
        ["by hand 1", "stays 1", "scoped 1", "stays 2"]
    );
}

async fn a_stale_guard_leaves_its_successor_alone<DB: Server>() {
    let (labels, signals) = (Labels::default(), Signals::<DB>::new());
    let connect = |label| {
        signals
            .connect(during("name", with_state((labels.clone(), label), note)))
            .unwrap()
    };
    let first = connect("first").scoped();
    signals.disconnect::<Saved>("name");
    connect("second");
    drop(first);
    let site = Site::<DB>::open().await.with_signals(signals.clone());
    site.db.send(Saved(1)).await.unwrap();
    assert_eq!(labels.all(), ["second 1"]);
}

async fn filters_choose<DB: Server>() {
    let labels = Labels::default();
    let signals = Signals::<DB>::new().with(
        during("even and big", with_state((labels.clone(), "heard"), note))
            .filter(|saved: &Saved| saved.0 % 2 == 0)
            .filter(|saved: &Saved| saved.0 > 2),
    );
    assert!(
        !signals.has_receivers(&Saved(2))
            && signals.has_receivers(&Saved(4))
            && !signals.has_receivers(&Other)
    );
    let site = Site::<DB>::open().await.with_signals(signals);
    for i in 1..=6 {
        site.db.send(Saved(i)).await.unwrap();
    }
    assert_eq!(labels.all(), ["heard 4", "heard 6"]);
}

async fn receivers_can_be_muted_for_a_scope<DB: Server>() {
    let labels = Labels::default();
    let late = labels.clone();
    let signals = Signals::<DB>::new()
        .during("a", with_state((labels.clone(), "a"), note))
        .after_commit("mail", move |saved: Arc<Saved>| {
            late.note(format!("mail {}", saved.0));
            std::future::ready(())
        });
    let site = Site::<DB>::open().await.with_signals(signals);
    let quiet: Db<DB> = site.db.mute("mail");
    quiet
        .atomic(async |tx| tx.send(Saved(1)).await)
        .await
        .unwrap();
    quiet.send(Saved(2)).await.unwrap();
    site.db
        .atomic(async |tx| {
            tx.muted("a", async |tx| tx.send(Saved(3)).await).await?;
            tx.send(Saved(4)).await
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["a 1", "a 2", "a 4", "mail 3", "mail 4"]);
    assert!(
        !site
            .heard
            .all()
            .iter()
            .any(|heard| heard.starts_with("muted nobody"))
    );
    let misspelt = site.db.mute("mial");
    let muted = misspelt.atomic(async |tx| tx.muted("A", async |_tx| Ok(())).await);
    muted.await.unwrap();
    assert!(site.heard.has("muted nobody: mial"));
    assert!(site.heard.has("muted nobody: A"));
}
