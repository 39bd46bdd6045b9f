//! Code that does not know whether it is in a transaction.

use std::future::Future;
use std::panic::Location;

use super::{AsyncBlock, Db, Options, Tx};
use crate::commit::IntoResult;
use crate::error::{Error, Result};
use crate::signal::Responses;
use crate::store::Dialect;

/// What a [`Db`] and a [`Tx`] have in common, for library code that is called with either.
///
/// ```
/// use aftercommit::{Handle, Result};
/// use sqlx::Sqlite;
///
/// /// Joins the caller's transaction, or makes one.
/// async fn add_tag<H: Handle<Sqlite>>(handle: &mut H, name: &str) -> Result<()> {
///     handle
///         .atomic(async |tx| {
///             sqlx::query("INSERT INTO tags VALUES (?)").bind(name).execute(&mut *tx).await?;
///             Ok(())
///         })
///         .await
/// }
/// ```
///
/// The trait is sealed.
pub trait Handle<DB: Dialect>: Send + sealed::Sealed {
    /// Is there a transaction?
    fn in_transaction(&self) -> bool;

    /// A transaction on a [`Db`], a savepoint in a [`Tx`].
    ///
    /// # Errors
    ///
    /// As for [`Db::atomic`] and [`Tx::atomic`].
    ///
    /// # Cancel safety
    ///
    /// As for [`Db::atomic`] and [`Tx::atomic`].
    #[track_caller]
    fn atomic<T, E, F>(&mut self, body: F) -> impl Future<Output = Result<T, E>> + Send
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
    {
        self.atomic_with(Options::new(), body)
    }

    /// A transaction on a [`Db`], a part of the block around it in a [`Tx`].
    ///
    /// # Errors
    ///
    /// As for [`Db::atomic`] and [`Tx::join`].
    ///
    /// # Cancel safety
    ///
    /// As for [`Db::atomic`] and [`Tx::join`].
    #[track_caller]
    fn join<T, E, F>(&mut self, body: F) -> impl Future<Output = Result<T, E>> + Send
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send; // not known? end the block with `aftercommit::Ok(…)`

    /// A block with options. A [durable](Options::durable) one is refused in a [`Tx`].
    ///
    /// # Errors
    ///
    /// As for [`Begin::atomic`](super::Begin::atomic) and [`Tx::atomic_with`].
    ///
    /// # Cancel safety
    ///
    /// As for [`Db::atomic`] and [`Tx::atomic`].
    #[track_caller]
    fn atomic_with<T, E, F>(
        &mut self,
        options: Options,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send; // not known? end the block with `aftercommit::Ok(…)`

    /// Registers a hook in a [`Tx`]; runs it now on a [`Db`].
    ///
    /// # Errors
    ///
    /// The hook's own, if it ran now.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the hook is registered or runs to its end.
    #[track_caller]
    fn on_commit<F, Fut>(&mut self, hook: F) -> impl Future<Output = Result<()>> + Send
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output: IntoResult<Value = ()>> + Send + 'static;

    /// Sends a signal: see [`Tx::send`] and [`Db::send`].
    ///
    /// # Errors
    ///
    /// The first receiver's that failed.
    ///
    /// # Cancel safety
    ///
    /// As for [`Tx::send`] and [`Db::send`].
    fn send<S: Send + Sync + 'static>(
        &mut self,
        signal: S,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Sends a signal to all receivers, whatever each does: see [`Tx::send_robust`] and [`Db::send_robust`].
    ///
    /// # Errors
    ///
    /// None of a receiver: those are in the responses.
    ///
    /// # Cancel safety
    ///
    /// As for [`Tx::send`] and [`Db::send`].
    fn send_robust<S: Send + Sync + 'static>(
        &mut self,
        signal: S,
    ) -> impl Future<Output = Result<Responses>> + Send;
}

mod sealed {
    pub trait Sealed {}
    impl<DB: crate::store::Dialect> Sealed for super::Db<DB> {}
    impl<DB: crate::store::Dialect> Sealed for super::Tx<DB> {}
}

impl<DB: Dialect> Handle<DB> for Db<DB> {
    fn in_transaction(&self) -> bool {
        false
    }

    fn join<T, E, F>(&mut self, body: F) -> impl Future<Output = Result<T, E>> + Send
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
    {
        Db::atomic(self, body)
    }

    fn atomic_with<T, E, F>(
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
        self.with(options).atomic(body)
    }

    fn on_commit<F, Fut>(&mut self, hook: F) -> impl Future<Output = Result<()>> + Send
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output: IntoResult<Value = ()>> + Send + 'static,
    {
        Db::on_commit(self, hook)
    }

    async fn send<S: Send + Sync + 'static>(&mut self, signal: S) -> Result<()> {
        Db::send(self, signal).await
    }

    async fn send_robust<S: Send + Sync + 'static>(&mut self, signal: S) -> Result<Responses> {
        Db::send_robust(self, signal).await
    }
}

impl<DB: Dialect> Handle<DB> for Tx<DB> {
    fn in_transaction(&self) -> bool {
        true
    }

    async fn join<T, E, F>(&mut self, body: F) -> Result<T, E>
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
    {
        Tx::join(self, body).await
    }

    fn atomic_with<T, E, F>(
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
        Tx::atomic_with(self, options, body)
    }

    fn on_commit<F, Fut>(&mut self, hook: F) -> impl Future<Output = Result<()>> + Send
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output: IntoResult<Value = ()>> + Send + 'static,
    {
        let place = Location::caller();
        self.push_hook(crate::commit::Hook::new(None, place, hook));
        std::future::ready(Ok(()))
    }

    async fn send<S: Send + Sync + 'static>(&mut self, signal: S) -> Result<()> {
        Tx::send(self, signal).await
    }

    async fn send_robust<S: Send + Sync + 'static>(&mut self, signal: S) -> Result<Responses> {
        Tx::send_robust(self, signal).await
    }
}
