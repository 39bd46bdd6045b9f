//! Blocks inside a block.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

use super::ledger::Nesting;
use super::{AsyncBlock, Options, Tx};
use crate::error::{Error, Kind, Result};
use crate::observe::{Control, Event};
use crate::store::Dialect;

impl<DB: Dialect> Tx<DB> {
    /// Runs a nested block with a savepoint: its `Err` undoes what it did, its hooks and signals included,
    /// and nothing else.
    ///
    /// This is the place for a statement that may fail: the block around it stays healthy.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> aftercommit::Result<()> {
    /// # let db: aftercommit::Db<sqlx::Sqlite> = aftercommit::Db::connect("sqlite::memory:").await?;
    /// # sqlx::query("CREATE TABLE tags (name TEXT UNIQUE)").execute(db.pool()).await?;
    /// db.atomic(async |tx| {
    ///     for name in ["rust", "sql", "rust"] {
    ///         let inserted = tx
    ///             .atomic(async |tx| {
    ///                 sqlx::query("INSERT INTO tags VALUES (?)").bind(name).execute(&mut *tx).await?;
    ///                 aftercommit::Ok(())
    ///             })
    ///             .await;
    ///         if inserted.is_err() {
    ///             println!("{name} is there already");
    ///         }
    ///     }
    ///     aftercommit::Ok(())
    /// })
    /// .await?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// The body's own error. [`is_broken`](Error::is_broken) if the body returned `Ok` although a statement had
    /// failed in it, [`is_rolled_back`](Error::is_rolled_back) if it was asked to roll back; in each case the
    /// block is undone and the one around it healthy.
    ///
    /// # Panics
    ///
    /// Only if the body does; the block is undone then.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it has ended, the block is undone before the next statement is sent.
    pub async fn atomic<T, E, F>(&mut self, body: F) -> Result<T, E>
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
    {
        let mut block = self.enter(Nesting::Savepoint).await?;
        let result = body(&mut block).await;
        block.leave(result).await
    }

    /// Runs a nested block as a part of this one, without a savepoint.
    ///
    /// Cheaper than [`atomic`](Self::atomic), and an error in it cannot be healed: the nearest block that has a
    /// savepoint will roll back, even if the error is caught here.
    ///
    /// # Errors
    ///
    /// The body's own error; `NESTING_TOO_DEEP`.
    ///
    /// # Panics
    ///
    /// Only if the body does.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it has ended, the block around it will roll back.
    pub async fn join<T, E, F>(&mut self, body: F) -> Result<T, E>
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
    {
        let mut block = self.enter(Nesting::Join).await?;
        let result = body(&mut block).await;
        block.leave(result).await
    }

    /// Runs a nested block with options, for code that does not know where it is called from.
    ///
    /// # Errors
    ///
    /// `DURABLE_NESTED` for a durable block, which this cannot be; `OPTION_NESTED` for what only a transaction
    /// can be given at its beginning; otherwise as for [`atomic`](Self::atomic). This block stays healthy.
    ///
    /// # Panics
    ///
    /// Only if the body does.
    ///
    /// # Cancel safety
    ///
    /// As for [`atomic`](Self::atomic).
    #[track_caller]
    pub fn atomic_with<T, E, F>(
        &mut self,
        options: Options,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
    {
        let inner = Location::caller();
        async move {
            if options.durable && !self.in_test_block() {
                return Err(Error::new(Kind::DurableNested {
                    outer: self.life.place,
                    inner,
                })
                .into());
            }
            if let Some(option) = options.outermost_only() {
                return Err(Error::new(Kind::OptionNested { option }).into());
            }
            self.atomic(body).await
        }
    }

    /// Enters a nested block for code that cannot be a closure. It must be ended with [`Nested::commit`]:
    /// dropped, it is undone.
    ///
    /// # Errors
    ///
    /// The savepoint could not be set.
    ///
    /// # Cancel safety
    ///
    /// Safe: a savepoint that nobody waits for is undone.
    pub async fn begin(&mut self) -> Result<Nested<'_, DB>> {
        self.enter(Nesting::Savepoint).await
    }

    /// A part of the block around it: its error marks that block.
    pub(crate) async fn enter_joined(&mut self) -> Result<Nested<'_, DB>> {
        self.enter(Nesting::Join).await
    }

    async fn enter(&mut self, nesting: Nesting) -> Result<Nested<'_, DB>> {
        // What is still running belongs to the block around.
        self.drain().await;
        self.ask_probe().await;
        let too_deep = |limit| Error::new(Kind::NestingTooDeep { limit });
        let savepoint = self
            .ledger
            .enter(nesting, self.registered())
            .map_err(too_deep)?;
        if let Some(number) = savepoint {
            self.db
                .observers()
                .observe(&Event::Control(Control::Savepoint(number)));
        }
        let depth = self.ledger.depth();
        Ok(Nested {
            tx: self,
            depth,
            left: false,
        })
    }
}

/// A nested block that is ended by hand: see [`Tx::begin`].
///
/// It stands for the [`Tx`] inside it; the outer handle cannot be used until it has ended.
#[derive(Debug)]
#[must_use = "a nested block that is dropped is undone: end it with `commit`"]
pub struct Nested<'t, DB: Dialect> {
    tx: &'t mut Tx<DB>,
    depth: usize,
    left: bool,
}

impl<DB: Dialect> Nested<'_, DB> {
    /// Hands the block's work to the block around it.
    ///
    /// # Errors
    ///
    /// As for [`Tx::atomic`].
    ///
    /// # Cancel safety
    ///
    /// Dropped before it has ended, the block is undone.
    pub async fn commit(self) -> Result<()> {
        self.leave(Result::Ok(())).await
    }

    /// Undoes the block. What that takes is sent before the next statement.
    pub fn rollback(self) {}

    /// Leaves with what the body returned.
    pub(crate) async fn leave<T, E: From<Error>>(mut self, result: Result<T, E>) -> Result<T, E> {
        if result.is_ok() {
            // Its answer belongs to this block, so it must be known before the block is left.
            self.tx.drain().await;
            self.tx.ask_probe().await;
        }
        let error = self.leave_now(result.is_ok());
        if result.is_err() {
            // Locks are given back now rather than with the next statement. A failure marks the block around.
            let _: Result<()> = self.tx.give_back_locks().await;
        }
        match (result, error) {
            (Ok(_), Some(error)) => Err(self.tx.mismatch().unwrap_or(error).into()),
            (result, _) => result,
        }
    }

    fn leave_now(&mut self, ok: bool) -> Option<Error> {
        self.left = true;
        // Blocks inside this one that were never left (their guards were forgotten) go first.
        while self.tx.ledger.depth() > self.depth {
            let left = self.tx.ledger.leave(false);
            self.tx.after_leaving(left);
        }
        if self.tx.ledger.depth() < self.depth {
            return None;
        }
        let left = self.tx.ledger.leave(ok);
        self.tx.after_leaving(left)
    }
}

impl<DB: Dialect> Drop for Nested<'_, DB> {
    fn drop(&mut self) {
        if !self.left {
            self.leave_now(false);
        }
    }
}

impl<DB: Dialect> Deref for Nested<'_, DB> {
    type Target = Tx<DB>;

    fn deref(&self) -> &Tx<DB> {
        self.tx
    }
}

impl<DB: Dialect> DerefMut for Nested<'_, DB> {
    fn deref_mut(&mut self) -> &mut Tx<DB> {
        self.tx
    }
}
