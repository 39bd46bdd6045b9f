//! A transaction that is ended by hand.

use std::ops::{Deref, DerefMut};

use super::Tx;
use crate::commit::Report;
use crate::error::Result;
use crate::guard::ByHand;
use crate::store::Dialect;

/// A transaction for code that cannot be a closure: see [`Db::begin`](crate::Db::begin).
///
/// It stands for the [`Tx`] inside it, and a query runs on it with `&mut *tx`, as on a transaction of sqlx.
#[derive(Debug)]
#[must_use = "a transaction that is dropped rolls back: end it with `commit`"]
pub struct Begun<DB: Dialect> {
    pub(super) tx: Tx<DB>,
    pub(super) guarded: ByHand,
}

impl<DB: Dialect> Begun<DB> {
    /// Commits and runs the hooks.
    ///
    /// # Errors
    ///
    /// As for [`Db::atomic`](crate::Db::atomic): whatever the error, no hook has run.
    ///
    /// # Cancel safety
    ///
    /// Once COMMIT is on its way it and the hooks go on; dropped before that, the transaction rolls back.
    pub async fn commit(self) -> Result<()> {
        self.commit_report().await.map(|report| report.value)
    }

    /// Like [`commit`](Self::commit), and tells what the hooks did.
    ///
    /// # Errors
    ///
    /// As for [`commit`](Self::commit).
    ///
    /// # Cancel safety
    ///
    /// As for [`commit`](Self::commit).
    pub async fn commit_report(self) -> Result<Report<()>> {
        // What follows the commit is outside of it.
        drop(self.guarded);
        self.tx.end(Ok(())).await
    }

    /// Rolls back; the connection is usable again when this returns.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, it goes on in the background.
    pub async fn rollback(self) {
        self.tx.roll_back_by_hand().await;
    }
}

impl<DB: Dialect> Deref for Begun<DB> {
    type Target = Tx<DB>;

    fn deref(&self) -> &Tx<DB> {
        &self.tx
    }
}

impl<DB: Dialect> DerefMut for Begun<DB> {
    fn deref_mut(&mut self) -> &mut Tx<DB> {
        &mut self.tx
    }
}
