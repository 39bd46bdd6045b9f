//! Receivers return the errors of their program, whatever form they have.

use std::fmt;
use std::sync::Arc;

use aftercommit::signal::{IntoReceiver, after_commit, during, with_state};
use aftercommit::{BoxError, Signals, Tx};

use super::Saved;
use crate::support::{Server, Site};

on_each_database_and_the_pooler! {
    a_receiver_in_the_transaction_vetoes_with_any_error,
    a_receiver_after_the_commit_reports_any_error,
    an_own_error_comes_back_as_it_was,
}

/// An error of the program.
#[derive(Debug)]
struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the mailbox is full")
    }
}

impl std::error::Error for Full {}

async fn inside<DB: Server>(_tx: &mut Tx<DB>, _saved: &Saved) -> Result<(), Full> {
    Err(Full)
}

async fn perhaps_inside<DB: Server>(
    _tx: Option<&mut Tx<DB>>,
    _saved: &Saved,
) -> anyhow::Result<()> {
    Err(Full.into())
}

async fn beside(_saved: &Saved) -> Result<(), BoxError> {
    Err(Full.into())
}

async fn inside_with<DB: Server>(
    _state: &i32,
    _tx: &mut Tx<DB>,
    _saved: &Saved,
) -> anyhow::Result<()> {
    Err(Full.into())
}

async fn perhaps_inside_with<DB: Server>(
    _state: &i32,
    _tx: Option<&mut Tx<DB>>,
    _saved: &Saved,
) -> Result<(), Full> {
    Err(Full)
}

async fn beside_with(_state: &i32, _saved: &Saved) -> Result<(), Full> {
    Err(Full)
}

async fn a_receiver_in_the_transaction_vetoes_with_any_error<DB: Server>() {
    vetoes::<DB>(during("r", inside::<DB>)).await;
    vetoes::<DB>(during("r", perhaps_inside::<DB>)).await;
    vetoes::<DB>(during("r", beside)).await;
    vetoes::<DB>(during("r", with_state(1, inside_with::<DB>))).await;
    vetoes::<DB>(during("r", with_state(1, perhaps_inside_with::<DB>))).await;
    vetoes::<DB>(during("r", with_state(1, beside_with))).await;
}

async fn vetoes<DB: Server>(receiver: impl IntoReceiver<DB>) {
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    let vetoed = site.db.atomic(async |tx| {
        DB::insert(tx, 1).await?;
        tx.send(Saved(1)).await
    });
    assert_eq!(vetoed.await.unwrap_err().to_string(), "the mailbox is full");
    assert!(site.ids().await.is_empty());
}

async fn a_receiver_after_the_commit_reports_any_error<DB: Server>() {
    reports::<DB>(after_commit("r", beside)).await;
    reports::<DB>(after_commit("r", with_state(1, beside_with))).await;
    reports::<DB>(after_commit("r", async |_: Arc<Saved>| Err::<(), _>(Full))).await;
}

async fn reports<DB: Server>(receiver: impl IntoReceiver<DB>) {
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    let report = site.db.atomic_report(async |tx| {
        DB::insert(tx, 1).await?;
        tx.send(Saved(1)).await
    });
    let report = report.await.unwrap();
    let failures: Vec<String> = report
        .failures()
        .map(|hook| hook.result.as_ref().unwrap_err().to_string())
        .collect();
    assert_eq!(failures, ["the mailbox is full"]);
    assert_eq!(site.ids().await, [1]);
}

async fn an_own_error_comes_back_as_it_was<DB: Server>() {
    async fn too_deep<DB: Server>(_tx: &mut Tx<DB>, saved: &Saved) -> Result<(), BoxError> {
        let error = aftercommit::guard::leaving("mail").unwrap_err();
        assert_eq!(saved.0, 1);
        Err(error.into())
    }
    let signals = Signals::new().during("leave", too_deep::<DB>);
    let site = Site::<DB>::open().await.with_signals(signals);
    let vetoed = site.db.atomic(async |tx| tx.send(Saved(1)).await);
    assert_eq!(vetoed.await.unwrap_err().code(), Some("SIDE_EFFECT_INSIDE"));
}
