//! Every public async function, dropped at every await point, and behind a slow network at every few milliseconds.
//!
//! The handle under test has a pool of one connection, so whatever a drop leaves behind is met by the next block.

mod ways;
mod judge;
mod whole_blocks;
mod inside_a_block;
mod leaving;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use aftercommit::signal::{during, with_state};
use aftercommit::{Result, Signals, Tx};

use crate::support::{Labels, Server};

struct Saved(i64);

async fn insert_saved<DB: Server>(tx: &mut Tx<DB>, saved: &Saved) -> Result<()> {
    DB::insert(tx, saved.0).await
}

struct Robust(i64);

async fn insert_robust<DB: Server>(
    labels: &Labels,
    tx: &mut Tx<DB>,
    robust: &Robust,
) -> Result<()> {
    tx.on_commit(labels.hook(&robust.0.to_string()));
    DB::insert(tx, robust.0).await
}

fn signals<DB: Server>(labels: &Labels) -> Signals<DB> {
    let labels = labels.clone();
    let robust = during("insert", with_state(labels.clone(), insert_robust::<DB>));
    Signals::new()
        .with(robust)
        .with(during("insert", insert_saved::<DB>))
        .after_commit("note", move |saved: Arc<Saved>| {
            labels.note(saved.0.to_string());
            std::future::ready(())
        })
}

/// Polls a future so many times, then drops it. `None` if it was dropped.
pub async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    std::future::poll_fn(move |context| {
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        left -= 1;
        if left == 0 {
            Poll::Ready(None)
        } else {
            Poll::Pending
        }
    })
    .await
}
