//! Ends the transaction before the response leaves.

use std::fmt;
use std::task::{Context, Poll};

use axum_core::extract::Request;
use axum_core::response::{IntoResponse, Response};
use futures_core::future::BoxFuture;
use tower_layer::Layer;

use super::Refused;
use super::slot::{Slot, State};
use crate::error::{Error, Kind};
use crate::store::Dialect;
use crate::transaction::{Db, Options};

/// Gives each request a transaction, begun when a handler takes it.
///
/// Layers inside it (closer to the handler) are inside the transaction; put `CatchPanicLayer` there or outside, and
/// authentication outside.
pub fn transaction_per_request<DB: Dialect>(db: Db<DB>) -> TransactionLayer<DB> {
    TransactionLayer {
        db,
        options: Options::new(),
        refused: |error| Refused(error).into_response(),
    }
}

/// Made by [`transaction_per_request`].
pub struct TransactionLayer<DB: Dialect> {
    db: Db<DB>,
    options: Options,
    refused: fn(Error) -> Response,
}

impl<DB: Dialect> TransactionLayer<DB> {
    /// How the transactions are begun.
    pub fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// The response for a commit that failed, in place of [`Refused`]'s. It must not say success.
    pub fn on_failure(mut self, response: fn(Error) -> Response) -> Self {
        self.refused = response;
        self
    }
}

/// A service whose requests have a transaction.
pub struct Service<DB: Dialect, S> {
    layer: TransactionLayer<DB>,
    inner: S,
}

impl<DB: Dialect, S> Layer<S> for TransactionLayer<DB> {
    type Service = Service<DB, S>;

    fn layer(&self, inner: S) -> Service<DB, S> {
        Service {
            layer: self.clone(),
            inner,
        }
    }
}

impl<DB, S> tower_service::Service<Request> for Service<DB, S>
where
    DB: Dialect,
    S: tower_service::Service<Request, Response = Response, Error: Send, Future: Send + 'static>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let slot = Slot::new(self.layer.db.clone(), self.layer.options.clone());
        request.extensions_mut().insert(slot.clone());
        let refused = self.layer.refused;
        let handled = self.inner.call(request);
        Box::pin(async move {
            let response = handled.await;
            let failed = !matches!(&response, Ok(response) if is_success(response));
            match end(&slot, failed).await {
                Ok(()) => response,
                Err(error) => Ok(refused(error)),
            }
        })
    }
}

/// 400 and above are errors; a redirect is what follows a form that was taken.
fn is_success(response: &Response) -> bool {
    let status = response.status();
    !status.is_client_error() && !status.is_server_error()
}

async fn end<DB: Dialect>(slot: &Slot<DB>, failed: bool) -> Result<(), Error> {
    match slot.replace(State::Closed) {
        State::Unused | State::Closed => Ok(()),
        State::Back(begun) if failed => {
            begun.rollback().await;
            Ok(())
        }
        State::Back(begun) => begun.commit().await,
        // What holds it is told nothing any more; dropped, it rolls back.
        State::Lent if failed => Ok(()),
        State::Lent => Err(Error::new(Kind::TransactionKept)),
    }
}

impl<DB: Dialect> Clone for TransactionLayer<DB> {
    fn clone(&self) -> Self {
        Self {
            db: self.db.clone(),
            options: self.options.clone(),
            refused: self.refused,
        }
    }
}

impl<DB: Dialect, S: Clone> Clone for Service<DB, S> {
    fn clone(&self) -> Self {
        Self {
            layer: self.layer.clone(),
            inner: self.inner.clone(),
        }
    }
}

impl<DB: Dialect> fmt::Debug for TransactionLayer<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionLayer")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<DB: Dialect, S> fmt::Debug for Service<DB, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Service").field(&self.layer).finish()
    }
}
