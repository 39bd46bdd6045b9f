//! The forms that a receiver can have.

use std::future::Future;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;

use crate::commit::IntoResult;
use crate::error::{BoxError, Error, Result};
use crate::store::Dialect;
use crate::transaction::Tx;

/// A receiver that runs in the transaction of the sender.
///
/// Implemented by plain `async fn`s, and by async closures that capture nothing, of three forms. They differ in what
/// they ask for:
///
/// | form | sent without a transaction |
/// | --- | --- |
/// | `async fn(&mut Tx<DB>, &S) -> Result<()>` | a transaction is made around the send |
/// | `async fn(Option<&mut Tx<DB>>, &S) -> Result<()>` | it gets `None` |
/// | `async fn(&S) -> Result<()>` | it makes no difference |
///
/// The result may have any error that becomes a boxed one, see [`IntoResult`], and no value: nobody would hear of it. A closure whose error type nothing else tells ends
/// with [`aftercommit::Ok(())`](crate::Ok).
///
/// A receiver that needs something of the program's (a mailer, an index) takes it as its first argument: see
/// [`with_state`].
///
/// `Form` only tells the forms apart and is never written out.
#[diagnostic::on_unimplemented(
    message = "this is not a `during` receiver of `{S}`",
    label = "cannot receive `{S}` in a transaction of `{DB}`",
    note = "write `async fn name(tx: &mut Tx<{DB}>, signal: &{S}) -> aftercommit::Result<()>`",
    note = "the transaction may be left out, or taken as `Option<&mut Tx<{DB}>>`",
    note = "the error may be any that becomes a boxed one, such as `sqlx::Error` or `anyhow::Error`",
    note = "an async closure may not capture: hand over what it needs with `with_state(value, async fn)`",
    note = "a value that is not `Send` must not live across an `.await` in it"
)]
pub trait During<DB: Dialect, S, Form>: Send + Sync + 'static {
    /// Whether it insists on a transaction.
    const NEEDS_TRANSACTION: bool;

    /// Calls it. A receiver that insists on a transaction gets one.
    fn call<'a>(&'a self, tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>>;
}

/// A receiver that runs once the transaction was committed.
///
/// Implemented by functions and closures of two forms:
///
/// | form | may return |
/// | --- | --- |
/// | `async fn(&S) -> Result<()>` | nothing, or a result with any error, see [`IntoResult`] |
/// | `Fn(Arc<S>) -> Future` | the same |
///
/// The first is also the form of a `during` receiver without a transaction: nothing changes but the word.
///
/// A receiver that needs something of the program's takes it as its first argument, see [`with_state`]; a closure of
/// the second form may also capture it.
#[diagnostic::on_unimplemented(
    message = "this is not an `after_commit` receiver of `{S}`",
    label = "cannot receive `{S}` after its commit",
    note = "write `async fn name(signal: &{S}) -> aftercommit::Result<()>`, or `|signal: Arc<{S}>| async move {{ … }}`",
    note = "the error may be any that becomes a boxed one, such as `sqlx::Error` or `anyhow::Error`",
    note = "what it needs of the program's is handed over with `with_state(value, async fn)`",
    note = "it gets no transaction, because that has ended: open one with `db.atomic` where it needs one"
)]
pub trait AfterCommit<S, Form>: Send + Sync + 'static {
    /// Calls it. The future owns what it needs.
    fn call(self: Arc<Self>, signal: Arc<S>) -> BoxFuture<'static, Result<(), BoxError>>;
}

/// Names of the forms; see [`During`] and [`AfterCommit`].
pub mod form {
    /// Takes the transaction.
    #[derive(Debug)]
    pub enum InTransaction {}

    /// Takes the transaction if there is one.
    #[derive(Debug)]
    pub enum IfInTransaction {}

    /// Takes the signal only.
    #[derive(Debug)]
    pub enum SignalOnly {}

    /// Takes a share of the signal.
    #[derive(Debug)]
    pub enum Shared {}

    /// Takes the delivery of an effect.
    #[derive(Debug)]
    pub enum Delivered {}

    /// Takes several deliveries at once.
    #[derive(Debug)]
    pub enum Batched {}

    /// One of the others, behind a value of the program's.
    #[derive(Debug)]
    pub struct WithState<Form>(std::marker::PhantomData<Form>);
}

/// A receiver with a value of the program's: see [`with_state`].
#[derive(Debug)]
pub struct WithState<T, F> {
    pub(crate) state: T,
    pub(crate) receiver: F,
}

/// Hands a value to a receiver as its first argument.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use aftercommit::signal::with_state;
/// use aftercommit::{Result, Signals, Tx};
/// use sqlx::Sqlite;
///
/// struct Registered { user_id: i64 }
///
/// struct Quota { per_user: i64 }
///
/// async fn grant_quota(quota: &Quota, tx: &mut Tx<Sqlite>, registered: &Registered) -> Result<()> {
///     sqlx::query("INSERT INTO quotas VALUES (?, ?)")
///         .bind(registered.user_id)
///         .bind(quota.per_user)
///         .execute(&mut *tx)
///         .await?;
///     Ok(())
/// }
///
/// let signals = Signals::new().during("grant_quota", with_state(Quota { per_user: 10 }, grant_quota));
/// # }
/// ```
///
/// (On stable Rust an async closure that borrows what it captured cannot promise that its future is `Send`; a
/// function that takes the same value as an argument can.)
pub fn with_state<T: Send + Sync + 'static, F>(state: T, receiver: F) -> WithState<T, F> {
    WithState { state, receiver }
}

macro_rules! async_call {
    ($(#[$doc:meta])* $name:ident: $($argument:ident),+) => {
        $(#[$doc])*
        pub trait $name<$($argument),+>: Fn($($argument),+) -> <Self as $name<$($argument),+>>::Fut {
            /// The future.
            type Fut: Future<Output: IntoResult<Value = Self::Value>>;
            /// What it returns if nothing went wrong.
            type Value;
        }

        impl<F, $($argument,)+ Fut, T> $name<$($argument),+> for F
        where
            F: Fn($($argument),+) -> Fut,
            Fut: Future<Output: IntoResult<Value = T>>,
        {
            type Fut = Fut;
            type Value = T;
        }
    };
}

async_call! {
    /// Names the future of an async function and what it returns, so that the one can be asked to be `Send` and the other for its error.
    AsyncCall1: A
}
async_call! {
    /// The same for two arguments.
    AsyncCall2: A, B
}
async_call! {
    /// The same for three arguments.
    AsyncCall3: A, B, C
}

/// What a `during` receiver returned.
fn returned<R: IntoResult<Value = ()>>(output: R) -> Result<()> {
    output.into_result().map_err(Error::other)
}

/// A receiver that insists on a transaction was called without one: a mistake of this library, and not hidden.
fn without_transaction<'a>() -> BoxFuture<'a, Result<()>> {
    std::future::ready(Err(Error::other("the receiver needs a transaction"))).boxed()
}

impl<DB, S, F> During<DB, S, form::InTransaction> for F
where
    DB: Dialect,
    S: Send + Sync + 'static,
    F: for<'t, 's> AsyncCall2<&'t mut Tx<DB>, &'s S, Fut: Send, Value = ()> + Send + Sync + 'static,
{
    const NEEDS_TRANSACTION: bool = true;

    fn call<'a>(&'a self, tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>> {
        tx.map_or_else(without_transaction, |tx| {
            self(tx, signal).map(returned).boxed()
        })
    }
}

impl<DB, S, F> During<DB, S, form::IfInTransaction> for F
where
    DB: Dialect,
    S: Send + Sync + 'static,
    F: for<'t, 's> AsyncCall2<Option<&'t mut Tx<DB>>, &'s S, Fut: Send, Value = ()>
        + Send
        + Sync
        + 'static,
{
    const NEEDS_TRANSACTION: bool = false;

    fn call<'a>(&'a self, tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>> {
        self(tx, signal).map(returned).boxed()
    }
}

impl<DB, S, F> During<DB, S, form::SignalOnly> for F
where
    DB: Dialect,
    S: Send + Sync + 'static,
    F: for<'s> AsyncCall1<&'s S, Fut: Send, Value = ()> + Send + Sync + 'static,
{
    const NEEDS_TRANSACTION: bool = false;

    fn call<'a>(&'a self, _tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>> {
        self(signal).map(returned).boxed()
    }
}

impl<DB, S, T, F> During<DB, S, form::WithState<form::InTransaction>> for WithState<T, F>
where
    DB: Dialect,
    S: Send + Sync + 'static,
    T: Send + Sync + 'static,
    F: for<'c, 't, 's> AsyncCall3<&'c T, &'t mut Tx<DB>, &'s S, Fut: Send, Value = ()>
        + Send
        + Sync
        + 'static,
{
    const NEEDS_TRANSACTION: bool = true;

    fn call<'a>(&'a self, tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>> {
        tx.map_or_else(without_transaction, |tx| {
            (self.receiver)(&self.state, tx, signal)
                .map(returned)
                .boxed()
        })
    }
}

impl<DB, S, T, F> During<DB, S, form::WithState<form::IfInTransaction>> for WithState<T, F>
where
    DB: Dialect,
    S: Send + Sync + 'static,
    T: Send + Sync + 'static,
    F: for<'c, 't, 's> AsyncCall3<&'c T, Option<&'t mut Tx<DB>>, &'s S, Fut: Send, Value = ()>
        + Send
        + Sync
        + 'static,
{
    const NEEDS_TRANSACTION: bool = false;

    fn call<'a>(&'a self, tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>> {
        (self.receiver)(&self.state, tx, signal)
            .map(returned)
            .boxed()
    }
}

impl<DB, S, T, F> During<DB, S, form::WithState<form::SignalOnly>> for WithState<T, F>
where
    DB: Dialect,
    S: Send + Sync + 'static,
    T: Send + Sync + 'static,
    F: for<'c, 's> AsyncCall2<&'c T, &'s S, Fut: Send, Value = ()> + Send + Sync + 'static,
{
    const NEEDS_TRANSACTION: bool = false;

    fn call<'a>(&'a self, _tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>> {
        (self.receiver)(&self.state, signal).map(returned).boxed()
    }
}

impl<S, F, Fut> AfterCommit<S, form::Shared> for F
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoResult<Value = ()>> + Send + 'static,
{
    fn call(self: Arc<Self>, signal: Arc<S>) -> BoxFuture<'static, Result<(), BoxError>> {
        let running = self(signal);
        async move { running.await.into_result() }.boxed()
    }
}

impl<S, F> AfterCommit<S, form::SignalOnly> for F
where
    S: Send + Sync + 'static,
    F: for<'s> AsyncCall1<&'s S, Fut: Send, Value = ()> + Send + Sync + 'static,
{
    fn call(self: Arc<Self>, signal: Arc<S>) -> BoxFuture<'static, Result<(), BoxError>> {
        async move { self(&signal).await.into_result() }.boxed()
    }
}

impl<S, T, F> AfterCommit<S, form::WithState<form::SignalOnly>> for WithState<T, F>
where
    S: Send + Sync + 'static,
    T: Send + Sync + 'static,
    F: for<'c, 's> AsyncCall2<&'c T, &'s S, Fut: Send, Value = ()> + Send + Sync + 'static,
{
    fn call(self: Arc<Self>, signal: Arc<S>) -> BoxFuture<'static, Result<(), BoxError>> {
        async move {
            let output = (self.receiver)(&self.state, &signal).await;
            output.into_result()
        }
        .boxed()
    }
}
