//! 1: something happened.

use std::sync::Arc;

use aftercommit::signal::{after_commit, during, with_state};
use aftercommit::{Db, Error, Ok, Result, Signals, Tx, When};
use futures_util::FutureExt;

use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    receivers_run_in_the_order_of_connection,
    an_error_during_rolls_the_sender_back,
    after_commit_waits_for_the_commit_and_dies_with_its_savepoint,
    send_stops_at_the_first_error,
    send_robust_isolates_each_receiver,
    a_receiver_that_panics_rolls_the_sender_back,
    a_transaction_is_made_only_for_those_who_insist,
    who_is_called_is_fixed_before_the_first_call,
    filters_choose,
    a_name_is_taken_once,
    connections_end_when_they_should,
    a_stale_guard_leaves_its_successor_alone,
    receivers_can_be_muted_for_a_scope,
    recursion_ends_with_an_error,
    a_thousand_receivers_are_called,
    receivers_are_listed_with_their_place,
}

#[derive(Debug)]
struct Saved(i64);

struct Other;

async fn insert<DB: Server>(tx: &mut Tx<DB>, saved: &Saved) -> Result<()> {
    DB::insert(tx, saved.0).await
}

async fn note(labels: &(Labels, &'static str), saved: &Saved) -> Result<()> {
    labels.0.note(format!("{} {}", labels.1, saved.0));
    Ok(())
}

async fn plain(_saved: &Saved) -> Result<()> {
    Ok(())
}

async fn fail(labels: &Labels, _saved: &Saved) -> Result<()> {
    labels.note("fail");
    Err(Error::other("veto"))
}

async fn write_and_fail<DB: Server>(labels: &Labels, tx: &mut Tx<DB>, saved: &Saved) -> Result<()> {
    DB::insert(tx, saved.0 + 100).await?;
    tx.on_commit(labels.hook("hook of the failed"));
    // Breaks the statement's block, not only the receiver.
    DB::insert(tx, saved.0 + 100).await
}

async fn receivers_run_in_the_order_of_connection<DB: Server>() {
    let labels = Labels::default();
    let late = labels.clone();
    let signals = Signals::<DB>::new()
        .during("a", with_state((labels.clone(), "a"), note))
        .after_commit("b", move |saved: Arc<Saved>| {
            late.note(format!("b {}", saved.0));
            std::future::ready(())
        })
        .during("c", insert::<DB>)
        .during("d", with_state((labels.clone(), "d"), note));
    let site = Site::<DB>::open().await.with_signals(signals);
    site.db
        .atomic(async |tx| {
            tx.send(Saved(1)).await?;
            tx.send(Other).await?;
            assert_eq!(labels.all(), ["a 1", "d 1"]);
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["a 1", "d 1", "b 1"]);
    assert_eq!(site.ids().await, [1]);
}

async fn an_error_during_rolls_the_sender_back<DB: Server>() {
    let labels = Labels::default();
    let signals = Signals::<DB>::new()
        .during("insert", insert::<DB>)
        .during("fail", with_state(labels, fail));
    let site = Site::<DB>::open().await.with_signals(signals);
    let vetoed = site
        .db
        .atomic(async |tx| tx.send(Saved(1)).await)
        .await
        .unwrap_err();
    assert_eq!(vetoed.to_string(), "veto");
    assert!(site.ids().await.is_empty());
    assert!(site.heard.has("failed receiver fail"));
}

async fn after_commit_waits_for_the_commit_and_dies_with_its_savepoint<DB: Server>() {
    let labels = Labels::default();
    let late = labels.clone();
    let signals = Signals::<DB>::new()
        .after_commit("late", move |saved: Arc<Saved>| {
            late.note(saved.0.to_string());
            std::future::ready(())
        })
        .after_commit("plain", plain)
        .after_commit("failing", with_state(Labels::default(), fail));
    let site = Site::<DB>::open().await.with_signals(signals);
    site.db
        .atomic(async |tx| {
            tx.send(Saved(1)).await?;
            let undone: Result<()> = tx
                .atomic(async |tx| {
                    tx.send(Saved(2)).await?;
                    Err(Error::other("no"))
                })
                .await;
            assert!(undone.is_err());
            tx.send(Saved(3)).await?;
            assert!(labels.all().is_empty());
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["1", "3"]);
}

async fn send_stops_at_the_first_error<DB: Server>() {
    let labels = Labels::default();
    let signals = Signals::<DB>::new()
        .during("a", with_state((labels.clone(), "a"), note))
        .during("fail", with_state(labels.clone(), fail))
        .during("b", with_state((labels.clone(), "b"), note));
    let site = Site::<DB>::open().await.with_signals(signals);
    assert!(site.db.send(Saved(1)).await.is_err());
    assert_eq!(labels.all(), ["a 1", "fail"]);
}

async fn send_robust_isolates_each_receiver<DB: Server>() {
    let labels = Labels::default();
    let signals = Signals::<DB>::new()
        .during(
            "writes and fails",
            with_state(labels.clone(), write_and_fail::<DB>),
        )
        .during("panics", async |_saved: &Saved| panic!("as planned"))
        .during("insert", insert::<DB>);
    let site = Site::<DB>::open().await.with_signals(signals);
    site.db
        .atomic(async |tx| {
            let responses = tx.send_robust(Saved(1)).await?;
            let outcomes: Vec<_> = responses
                .iter()
                .map(|r| (&*r.receiver, r.result.is_ok()))
                .collect();
            assert_eq!(
                outcomes,
                [
                    ("writes and fails", false),
                    ("panics", false),
                    ("insert", true)
                ]
            );
            assert_eq!(
                responses[1].result.as_ref().unwrap_err().code(),
                Some("PANICKED")
            );
            // The failed receivers broke nothing for those behind them, or for the sender.
            DB::insert(tx, 2).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1, 2]);
    assert!(
        labels.all().is_empty(),
        "the hook of a failed receiver died with its savepoint"
    );

    let responses = site.db.send_robust(Saved(3)).await.unwrap();
    assert_eq!(
        responses
            .iter()
            .map(|r| r.result.is_ok())
            .collect::<Vec<_>>(),
        [false, false, true]
    );
    assert_eq!(site.ids().await, [1, 2, 3]);
}

async fn a_receiver_that_panics_rolls_the_sender_back<DB: Server>() {
    let signals = Signals::<DB>::new()
        .during("insert", insert::<DB>)
        .during("panics", async |_saved: &Saved| panic!("as planned"));
    let site = Site::<DB>::with_pool_of(1).await.with_signals(signals);
    let sending = site.db.atomic(async |tx| tx.send(Saved(1)).await);
    assert!(
        std::panic::AssertUnwindSafe(sending)
            .catch_unwind()
            .await
            .is_err()
    );
    site.db
        .atomic(async |tx| DB::insert(tx, 2).await)
        .await
        .unwrap();
    assert_eq!(site.ids().await, [2]);
}

async fn a_transaction_is_made_only_for_those_who_insist<DB: Server>() {
    let labels = Labels::default();
    let signals = Signals::<DB>::new()
        .during("signal only", with_state((labels.clone(), "only"), note))
        .during("if any", async |tx: Option<&mut Tx<DB>>, _saved: &Saved| {
            if tx.is_some() {
                Err(Error::other("there is one"))
            } else {
                Ok(())
            }
        });
    let site = Site::<DB>::open().await.with_signals(signals.clone());
    site.db.send(Saved(1)).await.unwrap();
    assert!(site.heard.all().is_empty(), "nobody needed a transaction");

    signals.disconnect::<Saved>("if any");
    signals.connect(during("insert", insert::<DB>)).unwrap();
    signals
        .connect(during("fail", with_state(labels.clone(), fail)))
        .unwrap();
    assert!(site.db.send(Saved(2)).await.is_err());
    assert!(
        site.ids().await.is_empty(),
        "one transaction around the whole send"
    );
    signals.disconnect::<Saved>("fail");
    site.db.send(Saved(3)).await.unwrap();
    assert_eq!(site.ids().await, [3]);
}

async fn who_is_called_is_fixed_before_the_first_call<DB: Server>() {
    let (labels, signals) = (Labels::default(), Signals::<DB>::new());
    let meddle = async |state: &(Signals<DB>, Labels), _saved: &Saved| {
        state.0.disconnect::<Saved>("leaves");
        state.0.disconnect::<Saved>("meddles");
        state.0.connect(during(
            "comes",
            with_state((state.1.clone(), "comes"), note),
        ))?;
        Ok(())
    };
    signals
        .connect(during(
            "meddles",
            with_state((signals.clone(), labels.clone()), meddle),
        ))
        .unwrap();
    signals
        .connect(during(
            "leaves",
            with_state((labels.clone(), "leaves"), note),
        ))
        .unwrap();
    let site = Site::<DB>::open().await.with_signals(signals);
    site.db
        .atomic(async |tx| tx.send(Saved(1)).await)
        .await
        .unwrap();
    assert_eq!(labels.all(), ["leaves 1"]);
    site.db
        .atomic(async |tx| tx.send(Saved(2)).await)
        .await
        .unwrap();
    assert_eq!(labels.all(), ["leaves 1", "comes 2"]);
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

async fn a_name_is_taken_once<DB: Server>() {
    let signals = Signals::<DB>::new().during("name", insert::<DB>);
    let refused = signals.connect(during("name", insert::<DB>)).unwrap_err();
    assert_eq!(refused.code(), Some("DUPLICATE_RECEIVER"));
    assert_eq!(
        refused.to_string().matches("signal.rs:").count(),
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
}

async fn again<DB: Server>(tx: &mut Tx<DB>, saved: &Saved) -> Result<()> {
    let next: futures_core::future::BoxFuture<'_, Result<()>> =
        Box::pin(tx.send(Saved(saved.0 + 1)));
    next.await
}

async fn again_alone<DB: Server>(db: &Db<DB>, _other: &Other) -> Result<()> {
    let next: futures_core::future::BoxFuture<'_, Result<()>> = Box::pin(db.send(Other));
    next.await
}

async fn recursion_ends_with_an_error<DB: Server>() {
    let signals = Signals::<DB>::new().during("again", again::<DB>);
    let site = Site::<DB>::open().await.with_signals(signals.clone());
    let endless = site
        .db
        .atomic(async |tx| tx.send(Saved(1)).await)
        .await
        .unwrap_err();
    assert_eq!(endless.code(), Some("SIGNAL_RECURSION"));
    assert!(endless.to_string().contains("64"), "{endless}");
    signals
        .connect(during(
            "again, alone",
            with_state(site.db.clone(), again_alone::<DB>),
        ))
        .unwrap();
    let endless = site.db.send(Other).await.unwrap_err();
    assert_eq!(endless.code(), Some("SIGNAL_RECURSION"));
}

async fn a_thousand_receivers_are_called<DB: Server>() {
    let labels = Labels::default();
    let mut signals = Signals::<DB>::new();
    for i in 0..1000 {
        signals = signals.during(
            format!("receiver {i}"),
            with_state((labels.clone(), "heard"), note),
        );
    }
    let site = Site::<DB>::open().await.with_signals(signals);
    site.db
        .atomic(async |tx| tx.send(Saved(1)).await)
        .await
        .unwrap();
    assert_eq!(labels.all().len(), 1000);
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
            .all(|r| r.place.file().ends_with("signal.rs") && r.signal.ends_with("Saved"))
    );
    assert!(!listed[0].filtered && listed[1].filtered);
    assert!(
        listed[0].to_string().contains("insert hears"),
        "{}",
        listed[0]
    );
}
