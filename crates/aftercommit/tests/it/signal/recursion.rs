//! Receivers that reach themselves.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use aftercommit::signal::{during, with_state};
use aftercommit::{Db, Ok, Result, Signals, Tx};
use futures_core::future::BoxFuture;

use super::{Other, Saved};
use crate::support::{Server, Site};

on_each_database_and_the_pooler! {
    recursion_ends_with_an_error,
    recursion_over_commits_ends_with_an_error,
    recursion_over_hooks_ends_with_an_error,
}

async fn again<DB: Server>(tx: &mut Tx<DB>, saved: &Saved) -> Result<()> {
    let next: BoxFuture<'_, Result<()>> = Box::pin(tx.send(Saved(saved.0 + 1)));
    next.await
}

async fn again_alone<DB: Server>(db: &Db<DB>, _other: &Other) -> Result<()> {
    let next: BoxFuture<'_, Result<()>> = Box::pin(db.send(Other));
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

/// What a receiver needs to reach itself, and what came of it.
struct Loop<DB: Server> {
    db: OnceLock<Db<DB>>,
    rounds: AtomicUsize,
    last: OnceLock<Option<&'static str>>,
}

impl<DB: Server> Loop<DB> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            db: OnceLock::new(),
            rounds: AtomicUsize::new(0),
            last: OnceLock::new(),
        })
    }

    /// Counts a round; an end is forced only where the library failed to make one.
    fn round(&self) -> Option<&Db<DB>> {
        let rounds = self.rounds.fetch_add(1, Ordering::Relaxed);
        self.db.get().filter(|_| rounds < 500)
    }

    /// The error of the innermost send is the first one that is seen.
    fn ended(&self, result: &Result<()>) {
        if let Err(error) = result {
            self.last.get_or_init(|| error.code());
        }
    }

    fn check(&self) {
        assert_eq!(self.last.get(), Some(&Some("SIGNAL_RECURSION")));
        assert_eq!(self.rounds.load(Ordering::Relaxed), 64);
    }
}

/// A future as large as those of a service.
async fn through_a_block<DB: Server>(state: &Arc<Loop<DB>>, saved: &Saved) -> Result<()> {
    let large = [saved.0; 1024];
    let Some(db) = state.round() else {
        return Ok(());
    };
    let sent: BoxFuture<'_, Result<()>> = Box::pin(db.retry(1).atomic(async |tx| {
        DB::insert(tx, large[7] + 1).await?;
        tx.send(Saved(large[8] + 1)).await
    }));
    let sent = sent.await;
    state.ended(&sent);
    sent
}

async fn recursion_over_commits_ends_with_an_error<DB: Server>() {
    let state = Loop::<DB>::new();
    let signals =
        Signals::<DB>::new().after_commit("again", with_state(state.clone(), through_a_block));
    let site = Site::<DB>::open().await.with_signals(signals);
    let _ = state.db.set(site.db.clone());
    // The commit itself is told as it was.
    let sender = site.db.clone();
    let block = async move { sender.atomic(async |tx| tx.send(Saved(0)).await).await };
    tokio::spawn(block).await.unwrap().unwrap();
    state.check();
    assert_eq!(site.ids().await.len(), 63);
}

async fn through_a_hook<DB: Server>(state: &Arc<Loop<DB>>, _other: &Other) -> Result<()> {
    let Some(db) = state.round() else {
        return Ok(());
    };
    let (state, again) = (Arc::clone(state), db.clone());
    db.atomic(async |tx| {
        tx.on_commit(async move || {
            let sent: BoxFuture<'_, Result<()>> = Box::pin(again.send(Other));
            state.ended(&sent.await);
        });
        Ok(())
    })
    .await
}

async fn recursion_over_hooks_ends_with_an_error<DB: Server>() {
    let state = Loop::<DB>::new();
    let signals = Signals::<DB>::new().during("again", with_state(state.clone(), through_a_hook));
    let site = Site::<DB>::open().await.with_signals(signals);
    let _ = state.db.set(site.db.clone());
    let sender = site.db.clone();
    tokio::spawn(async move { sender.send(Other).await })
        .await
        .unwrap()
        .unwrap();
    state.check();
}
