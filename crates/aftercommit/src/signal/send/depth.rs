//! How deep a send is inside the receivers of other sends.
//!
//! The depth belongs to the task: it is there while a receiver runs, in whatever it calls, and a hook takes along the
//! depth at which it was registered, so that a receiver which reaches itself through a commit is counted too. A task
//! that a receiver spawns begins at nought, since nothing tells where it came from.

use std::any::type_name;
use std::future::Future;

use crate::error::{Error, Kind, Result};

/// Sends deeper than this are taken for recursion without an end.
const DEPTH_LIMIT: usize = 64;

tokio::task_local! {
    static DEPTH: usize;
}

/// How many sends the running code is inside of.
pub(crate) fn depth() -> usize {
    DEPTH.try_with(|depth| *depth).unwrap_or(0)
}

/// Runs what was registered at a depth.
pub(crate) async fn at_depth<F: Future>(depth: usize, future: F) -> F::Output {
    DEPTH.scope(depth, future).await
}

/// Runs a send one level deeper.
pub(super) async fn deeper<S, T>(send: impl Future<Output = Result<T>>) -> Result<T> {
    let depth = depth() + 1;
    if depth > DEPTH_LIMIT {
        return Err(Error::new(Kind::SignalRecursion {
            signal: type_name::<S>(),
            limit: DEPTH_LIMIT,
        }));
    }
    // Boxed, so that the frames of sends inside each other stay small.
    DEPTH.scope(depth, Box::pin(send)).await
}
