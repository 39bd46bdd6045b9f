//! The forms that a `during` receiver can have.

use std::future::Future;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;

use crate::error::Result;
use crate::store::Dialect;
use crate::transaction::Tx;

/// A receiver that runs in the transaction of the sender.
///
/// Implemented by plain `async fn`s and async closures of three forms, which differ in what they ask for:
///
/// | form | sent without a transaction |
/// | --- | --- |
/// | `async fn(&mut Tx<DB>, &S) -> Result<()>` | a transaction is made around the send |
/// | `async fn(Option<&mut Tx<DB>>, &S) -> Result<()>` | it gets `None` |
/// | `async fn(&S) -> Result<()>` | it makes no difference |
///
/// `Form` only tells the three apart and is never written out.
#[diagnostic::on_unimplemented(
    message = "this function cannot receive `{S}` during a transaction",
    label = "not a `during` receiver of `{S}`",
    note = "write `async fn name(tx: &mut Tx<DB>, signal: &{S}) -> aftercommit::Result<()>`",
    note = "the transaction may be left out, or taken as `Option<&mut Tx<DB>>`; the future must be `Send`"
)]
pub trait During<DB: Dialect, S, Form>: Send + Sync + 'static {
    /// Whether it insists on a transaction.
    const NEEDS_TRANSACTION: bool;

    /// Calls it. A receiver that insists on a transaction gets one.
    fn call<'a>(&'a self, tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>>;
}

/// Names of the forms; see [`During`].
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
}

/// Names the future of an async function of two arguments, so that it can be asked to be `Send`.
pub trait AsyncCall2<A, B>: AsyncFn(A, B) -> Result<()> + Fn(A, B) -> <Self as AsyncCall2<A, B>>::Fut {
    /// The future.
    type Fut: Future<Output = Result<()>>;
}

impl<F, A, B, Fut> AsyncCall2<A, B> for F
where
    F: AsyncFn(A, B) -> Result<()> + Fn(A, B) -> Fut,
    Fut: Future<Output = Result<()>>,
{
    type Fut = Fut;
}

/// The same for one argument.
pub trait AsyncCall1<A>: AsyncFn(A) -> Result<()> + Fn(A) -> <Self as AsyncCall1<A>>::Fut {
    /// The future.
    type Fut: Future<Output = Result<()>>;
}

impl<F, A, Fut> AsyncCall1<A> for F
where
    F: AsyncFn(A) -> Result<()> + Fn(A) -> Fut,
    Fut: Future<Output = Result<()>>,
{
    type Fut = Fut;
}

impl<DB, S, F> During<DB, S, form::InTransaction> for F
where
    DB: Dialect,
    S: Send + Sync + 'static,
    F: for<'t, 's> AsyncCall2<&'t mut Tx<DB>, &'s S, Fut: Send> + Send + Sync + 'static,
{
    const NEEDS_TRANSACTION: bool = true;

    fn call<'a>(&'a self, tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>> {
        match tx {
            Some(tx) => self(tx, signal).boxed(),
            // The sender makes a transaction for it, so this is not reached; and if it were, nothing is hidden.
            None => std::future::ready(Err(crate::Error::other("the receiver needs a transaction"))).boxed(),
        }
    }
}

impl<DB, S, F> During<DB, S, form::IfInTransaction> for F
where
    DB: Dialect,
    S: Send + Sync + 'static,
    F: for<'t, 's> AsyncCall2<Option<&'t mut Tx<DB>>, &'s S, Fut: Send> + Send + Sync + 'static,
{
    const NEEDS_TRANSACTION: bool = false;

    fn call<'a>(&'a self, tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>> {
        self(tx, signal).boxed()
    }
}

impl<DB, S, F> During<DB, S, form::SignalOnly> for F
where
    DB: Dialect,
    S: Send + Sync + 'static,
    F: for<'s> AsyncCall1<&'s S, Fut: Send> + Send + Sync + 'static,
{
    const NEEDS_TRANSACTION: bool = false;

    fn call<'a>(&'a self, _tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>> {
        self(signal).boxed()
    }
}
