//! The forms that a durable receiver can have.

use std::future::Future;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Delivery;
use crate::commit::IntoResult;
use crate::delivery::Outcome;
use crate::error::{BoxError, Error};
use crate::signal::{AsyncCall1, AsyncCall2, AsyncCall3, WithState, form};
use crate::store::Dialect;
use crate::transaction::Tx;

/// A receiver whose effect is written in the transaction and delivered after it, at least once.
///
/// Implemented by functions and closures of these forms:
///
/// | form | |
/// | --- | --- |
/// | `async fn(&S) -> Result<()>` | the form of an `after_commit` receiver: nothing changes but the word |
/// | `Fn(Arc<S>) -> Future` | the same |
/// | `Fn(Delivery<S>) -> Future` | knows the effect's id and attempt, and may answer with an [`Outcome`] |
/// | `Fn(Vec<Delivery<S>>) -> Future` | in batches, with one [`Outcome`] for each |
/// | `async fn(&mut Tx<DB>, &S) -> Result<()>` | in a transaction in which the effect is settled too: exactly once |
///
/// A result may have any error that becomes a boxed one, see [`IntoResult`]. Where it is not in a transaction, its value may be an
/// [`Outcome`]; one that returns nothing is done.
///
/// A receiver that needs something of the program's takes it as its first argument, see
/// [`with_state`](crate::signal::with_state).
#[diagnostic::on_unimplemented(
    message = "this is not a `durable` receiver of `{S}`",
    label = "cannot be delivered `{S}`",
    note = "write `async fn name(delivery: Delivery<{S}>) -> aftercommit::Result<()>`, or leave the form of an \
            `after_commit` or `during` receiver",
    note = "the error may be any that becomes a boxed one, such as `sqlx::Error` or `anyhow::Error`",
    note = "an async closure may not capture: hand over what it needs with `with_state(value, async fn)`",
    note = "`{S}` must implement serde's `Serialize` and `Deserialize`: it is written into the database"
)]
pub trait Durable<DB: Dialect, S, Form>: Send + Sync + 'static {
    /// What it wants to be given.
    const SHAPE: Shape;

    /// Calls it. The answers are in the order of what was given.
    fn call<'a>(
        &'a self,
        given: Given<'a, DB, S>,
    ) -> BoxFuture<'a, std::result::Result<Vec<Outcome>, BoxError>>;
}

/// What a durable receiver wants to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One delivery.
    One,
    /// Several at once.
    Batch,
    /// One, and a transaction in which it is settled.
    InTransaction,
}

/// What a durable receiver is given, as its [`Shape`] says.
#[derive(Debug)]
pub enum Given<'a, DB: Dialect, S> {
    /// One delivery.
    One(Delivery<S>),
    /// Several at once.
    Batch(Vec<Delivery<S>>),
    /// One, and a transaction.
    Inside(&'a mut Tx<DB>, Delivery<S>),
}

impl<'a, DB: Dialect, S> Given<'a, DB, S> {
    fn one(self) -> std::result::Result<Delivery<S>, BoxError> {
        match self {
            Given::One(delivery) | Given::Inside(_, delivery) => Ok(delivery),
            Given::Batch(_) => Err(misgiven()),
        }
    }

    fn inside(self) -> std::result::Result<(&'a mut Tx<DB>, Delivery<S>), BoxError> {
        match self {
            Given::Inside(tx, delivery) => Ok((tx, delivery)),
            Given::One(_) | Given::Batch(_) => Err(misgiven()),
        }
    }
}

/// A mistake of this library, and not hidden.
fn misgiven() -> BoxError {
    Error::other("the receiver was given what it did not ask for").into()
}

/// The outcome of one delivery.
fn one_outcome<R: IntoResult<Value: Into<Outcome>>>(
    output: R,
) -> std::result::Result<Vec<Outcome>, BoxError> {
    Ok(vec![output.into_result()?.into()])
}

/// A signal that can be written down and read again.
pub trait Written: Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<S: Serialize + DeserializeOwned + Send + Sync + 'static> Written for S {}

impl<DB, S, F> Durable<DB, S, form::SignalOnly> for F
where
    DB: Dialect,
    S: Written,
    F: for<'s> AsyncCall1<&'s S, Fut: Send, Value: Into<Outcome>> + Send + Sync + 'static,
{
    const SHAPE: Shape = Shape::One;

    fn call<'a>(
        &'a self,
        given: Given<'a, DB, S>,
    ) -> BoxFuture<'a, std::result::Result<Vec<Outcome>, BoxError>> {
        async move { one_outcome(self(&*given.one()?).await) }.boxed()
    }
}

impl<DB, S, F, Fut> Durable<DB, S, form::Shared> for F
where
    DB: Dialect,
    S: Written,
    F: Fn(Arc<S>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoResult<Value: Into<Outcome>>> + Send + 'static,
{
    const SHAPE: Shape = Shape::One;

    fn call<'a>(
        &'a self,
        given: Given<'a, DB, S>,
    ) -> BoxFuture<'a, std::result::Result<Vec<Outcome>, BoxError>> {
        async move { one_outcome(self(Arc::new(given.one()?.into_signal())).await) }.boxed()
    }
}

impl<DB, S, F, Fut> Durable<DB, S, form::Delivered> for F
where
    DB: Dialect,
    S: Written,
    F: Fn(Delivery<S>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoResult<Value: Into<Outcome>>> + Send + 'static,
{
    const SHAPE: Shape = Shape::One;

    fn call<'a>(
        &'a self,
        given: Given<'a, DB, S>,
    ) -> BoxFuture<'a, std::result::Result<Vec<Outcome>, BoxError>> {
        async move { one_outcome(self(given.one()?).await) }.boxed()
    }
}

impl<DB, S, F, Fut> Durable<DB, S, form::Batched> for F
where
    DB: Dialect,
    S: Written,
    F: Fn(Vec<Delivery<S>>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoResult<Value: Into<Vec<Outcome>>>> + Send + 'static,
{
    const SHAPE: Shape = Shape::Batch;

    fn call<'a>(
        &'a self,
        given: Given<'a, DB, S>,
    ) -> BoxFuture<'a, std::result::Result<Vec<Outcome>, BoxError>> {
        async move {
            let Given::Batch(deliveries) = given else {
                return Err(misgiven());
            };
            let outcomes = self(deliveries).await.into_result()?;
            Ok(outcomes.into())
        }
        .boxed()
    }
}

impl<DB, S, F> Durable<DB, S, form::InTransaction> for F
where
    DB: Dialect,
    S: Written,
    F: for<'t, 's> AsyncCall2<&'t mut Tx<DB>, &'s S, Fut: Send, Value = ()> + Send + Sync + 'static,
{
    const SHAPE: Shape = Shape::InTransaction;

    fn call<'a>(
        &'a self,
        given: Given<'a, DB, S>,
    ) -> BoxFuture<'a, std::result::Result<Vec<Outcome>, BoxError>> {
        async move {
            let (tx, delivery) = given.inside()?;
            one_outcome(self(tx, &delivery).await)
        }
        .boxed()
    }
}

impl<DB, S, T, F> Durable<DB, S, form::WithState<form::SignalOnly>> for WithState<T, F>
where
    DB: Dialect,
    S: Written,
    T: Send + Sync + 'static,
    F: for<'c, 's> AsyncCall2<&'c T, &'s S, Fut: Send, Value: Into<Outcome>>
        + Send
        + Sync
        + 'static,
{
    const SHAPE: Shape = Shape::One;

    fn call<'a>(
        &'a self,
        given: Given<'a, DB, S>,
    ) -> BoxFuture<'a, std::result::Result<Vec<Outcome>, BoxError>> {
        async move { one_outcome((self.receiver)(&self.state, &*given.one()?).await) }.boxed()
    }
}

impl<DB, S, T, F> Durable<DB, S, form::WithState<form::Delivered>> for WithState<T, F>
where
    DB: Dialect,
    S: Written,
    T: Send + Sync + 'static,
    F: for<'c> AsyncCall2<&'c T, Delivery<S>, Fut: Send, Value: Into<Outcome>>
        + Send
        + Sync
        + 'static,
{
    const SHAPE: Shape = Shape::One;

    fn call<'a>(
        &'a self,
        given: Given<'a, DB, S>,
    ) -> BoxFuture<'a, std::result::Result<Vec<Outcome>, BoxError>> {
        async move { one_outcome((self.receiver)(&self.state, given.one()?).await) }.boxed()
    }
}

impl<DB, S, T, F> Durable<DB, S, form::WithState<form::Batched>> for WithState<T, F>
where
    DB: Dialect,
    S: Written,
    T: Send + Sync + 'static,
    F: for<'c> AsyncCall2<&'c T, Vec<Delivery<S>>, Fut: Send, Value: Into<Vec<Outcome>>>
        + Send
        + Sync
        + 'static,
{
    const SHAPE: Shape = Shape::Batch;

    fn call<'a>(
        &'a self,
        given: Given<'a, DB, S>,
    ) -> BoxFuture<'a, std::result::Result<Vec<Outcome>, BoxError>> {
        async move {
            let Given::Batch(deliveries) = given else {
                return Err(misgiven());
            };
            let outcomes = (self.receiver)(&self.state, deliveries).await;
            Ok(outcomes.into_result()?.into())
        }
        .boxed()
    }
}

impl<DB, S, T, F> Durable<DB, S, form::WithState<form::InTransaction>> for WithState<T, F>
where
    DB: Dialect,
    S: Written,
    T: Send + Sync + 'static,
    F: for<'c, 't, 's> AsyncCall3<&'c T, &'t mut Tx<DB>, &'s S, Fut: Send, Value = ()>
        + Send
        + Sync
        + 'static,
{
    const SHAPE: Shape = Shape::InTransaction;

    fn call<'a>(
        &'a self,
        given: Given<'a, DB, S>,
    ) -> BoxFuture<'a, std::result::Result<Vec<Outcome>, BoxError>> {
        async move {
            let (tx, delivery) = given.inside()?;
            one_outcome((self.receiver)(&self.state, tx, &delivery).await)
        }
        .boxed()
    }
}
