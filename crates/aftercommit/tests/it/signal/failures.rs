//! Receivers that fail.

use aftercommit::effect::durable_elsewhere;
use aftercommit::signal::{during, with_state};
use aftercommit::{Result, Signals, Tx};
use futures_util::FutureExt;

use super::{Saved, fail, insert, note};
use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    an_error_during_rolls_the_sender_back,
    send_stops_at_the_first_error,
    send_robust_isolates_each_receiver,
    send_robust_contains_what_panics_beside_the_receiver,
    a_receiver_that_panics_rolls_the_sender_back,
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

async fn send_robust_contains_what_panics_beside_the_receiver<DB: Server>() {
    let labels = Labels::default();
    let signals = Signals::<DB>::new()
        .with(during("filter", with_state(labels.clone(), fail)).filter(|_| panic!("as planned")))
        .with(durable_elsewhere("key").key(|saved: &Saved| panic!("as planned of {}", saved.0)))
        .during("insert", insert::<DB>);
    let site = Site::<DB>::open().await.with_signals(signals);
    let inside = site
        .db
        .atomic(async |tx| tx.send_robust(Saved(1)).await)
        .await
        .unwrap();
    let alone = site.db.send_robust(Saved(2)).await.unwrap();
    for responses in [inside, alone] {
        let codes = responses.iter().map(|response| {
            response
                .result
                .as_ref()
                .err()
                .and_then(|error| error.code())
        });
        let expected = [Some("PANICKED"), Some("PANICKED"), None];
        assert_eq!(codes.collect::<Vec<_>>(), expected);
    }
    assert!(labels.all().is_empty());
    assert_eq!(site.ids().await, [1, 2]);
}

async fn write_and_fail<DB: Server>(labels: &Labels, tx: &mut Tx<DB>, saved: &Saved) -> Result<()> {
    DB::insert(tx, saved.0 + 100).await?;
    tx.on_commit(labels.hook("hook of the failed"));
    // Breaks the statement's block, not only the receiver.
    DB::insert(tx, saved.0 + 100).await
}

async fn send_robust_isolates_each_receiver<DB: Server>() {
    let labels = Labels::default();
    let signals = Signals::<DB>::new()
        .during(
            "writes and fails",
            with_state(labels.clone(), write_and_fail::<DB>),
        )
        .during("panics", async |_saved: &Saved| -> Result<()> {
            panic!("as planned")
        })
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
        .during("panics", async |_saved: &Saved| -> Result<()> {
            panic!("as planned")
        });
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
