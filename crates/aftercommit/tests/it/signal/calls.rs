//! Who is called, when, and in which order.

use std::sync::Arc;

use aftercommit::signal::{during, with_state};
use aftercommit::{Error, Ok, Result, Signals, Tx};

use super::{Other, Saved, fail, insert, note};
use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    receivers_run_in_the_order_of_connection,
    after_commit_waits_for_the_commit_and_dies_with_its_savepoint,
    a_transaction_is_made_only_for_those_who_insist,
    who_is_called_is_fixed_before_the_first_call,
    a_thousand_receivers_are_called,
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

async fn plain(_saved: &Saved) -> Result<()> {
    Ok(())
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
