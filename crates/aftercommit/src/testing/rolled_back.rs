//! A block that leaves nothing behind.

use crate::error::{Error, Result};
use crate::store::Dialect;
use crate::transaction::{AsyncBlock, Handle, Tx};

/// Runs a test's body in a block that is rolled back whatever happens.
///
/// On a [`Db`](crate::Db) that is a transaction, on a [`Tx`] a savepoint. No hook of it runs. A
/// [durable](crate::Options::durable) block is allowed directly inside, so that code which insists on one can be
/// tested.
///
/// # Errors
///
/// The body's own, and those of beginning the block.
///
/// # Cancel safety
///
/// Rolled back all the same.
pub async fn rolled_back<DB, H, T, E, F>(handle: &mut H, body: F) -> Result<T, E>
where
    DB: Dialect,
    H: Handle<DB>,
    F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
        + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
        + Send,
    T: Send,
    E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
{
    let mut outcome = None;
    let out = &mut outcome;
    let ended: Result<(), Error> = handle
        .atomic(async move |tx: &mut Tx<DB>| {
            let around = tx.test_depth.replace(tx.depth());
            *out = Some(body(&mut *tx).await);
            tx.test_depth = around;
            Err(Error::other("rolled back by the test kit"))
        })
        .await;
    match (outcome, ended) {
        (Some(outcome), _) => outcome,
        // The body was never reached.
        (None, Err(error)) => Err(error.into()),
        (None, Ok(())) => Err(Error::other("the block did not run").into()),
    }
}
