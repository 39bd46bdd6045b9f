//! Ends the transaction before the response leaves.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_core::extract::Request;
use axum_core::response::{IntoResponse, Response};
use futures_core::future::BoxFuture;
use tower_layer::Layer;

use super::slot::{Slot, State};
use super::{Refused, is_success};
use crate::error::{Error, Kind};
use crate::store::Dialect;
use crate::transaction::{Db, Options};

/// Gives each request a transaction, begun when a handler takes it.
///
/// Layers inside it (closer to the handler) are inside the transaction; put `CatchPanicLayer` there or outside, and
/// authentication outside.
///
/// A second layer on the same [`Db`], closer to the handler, replaces the first one's settings for its routes. Two databases of one
/// kind need names: see [`named`](TransactionLayer::named).
#[track_caller]
pub fn transaction_per_request<DB: Dialect>(db: Db<DB>) -> TransactionLayer<DB> {
    TransactionLayer {
        settings: Settings {
            db,
            options: Options::new(),
            place: Location::caller(),
            limit: Some(Duration::from_secs(30)),
            success: Arc::new(is_success),
            refused: Arc::new(|error| Refused(error).into_response()),
        },
        name: PhantomData,
    }
}

/// Made by [`transaction_per_request`].
pub struct TransactionLayer<DB: Dialect, Name = ()> {
    settings: Settings<DB>,
    name: PhantomData<fn() -> Name>,
}

struct Settings<DB: Dialect> {
    db: Db<DB>,
    options: Options,
    place: &'static Location<'static>,
    limit: Option<Duration>,
    success: Arc<dyn Fn(&Response) -> bool + Send + Sync>,
    refused: Arc<dyn Fn(Error) -> Response + Send + Sync>,
}

impl<DB: Dialect, Name> TransactionLayer<DB, Name> {
    /// Names the transactions of this layer by a type, so that a router can have two databases of one kind.
    ///
    /// ```no_run
    /// # #[cfg(feature = "sqlite")]
    /// # async fn run(users: aftercommit::Db<sqlx::Sqlite>, orders: aftercommit::Db<sqlx::Sqlite>) {
    /// use aftercommit::request::{Transaction, transaction_per_request};
    /// use axum::{Router, routing::post};
    /// use sqlx::Sqlite;
    ///
    /// struct Orders;
    ///
    /// async fn order(users: Transaction<Sqlite>, orders: Transaction<Sqlite, Orders>) {}
    ///
    /// let app: Router = Router::new()
    ///     .route("/orders", post(order))
    ///     .layer(transaction_per_request(users))
    ///     .layer(transaction_per_request(orders).named::<Orders>());
    /// # }
    /// ```
    ///
    /// The two are two transactions: the inner layer's is committed first, and the outer one's may still fail.
    pub fn named<Other: 'static>(self) -> TransactionLayer<DB, Other> {
        TransactionLayer {
            settings: self.settings,
            name: PhantomData,
        }
    }

    /// How the transactions are begun.
    pub fn with_options(mut self, options: Options) -> Self {
        self.settings.options = options;
        self
    }

    /// Which responses commit, in place of [`is_success`]; all others roll back.
    ///
    /// For what answers errors with 200, such as GraphQL:
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # fn layer(db: aftercommit::Db<sqlx::Sqlite>) -> aftercommit::request::TransactionLayer<sqlx::Sqlite> {
    /// use aftercommit::request::{is_success, transaction_per_request};
    ///
    /// #[derive(Clone)]
    /// struct HasErrors; // the handler puts it into the response's extensions
    ///
    /// transaction_per_request(db).with_success(|response| {
    ///     is_success(response) && response.extensions().get::<HasErrors>().is_none()
    /// })
    /// # }
    /// ```
    pub fn with_success(
        mut self,
        success: impl Fn(&Response) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings.success = Arc::new(success);
        self
    }

    /// How long a request may take from the handler's first use of its transaction to the response: 30 s unless set.
    ///
    /// After that the handler is dropped, the transaction is rolled back, its connection is free again, and the response is that of a
    /// failure: 503 from [`Refused`]. COMMIT and the hooks are not counted.
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.settings.limit = Some(limit);
        self
    }

    /// Lets a request keep its transaction for as long as it likes.
    pub fn without_time_limit(mut self) -> Self {
        self.settings.limit = None;
        self
    }

    /// The response for a commit that failed and for a request that took too long, in place of [`Refused`]'s. It must not say
    /// success.
    pub fn on_failure<R: IntoResponse>(
        mut self,
        response: impl Fn(Error) -> R + Send + Sync + 'static,
    ) -> Self {
        self.settings.refused = Arc::new(move |error| response(error).into_response());
        self
    }
}

/// A service whose requests have a transaction.
pub struct Service<DB: Dialect, S, Name = ()> {
    layer: TransactionLayer<DB, Name>,
    inner: S,
}

impl<DB: Dialect, S, Name> Layer<S> for TransactionLayer<DB, Name> {
    type Service = Service<DB, S, Name>;

    fn layer(&self, inner: S) -> Service<DB, S, Name> {
        Service {
            layer: self.clone(),
            inner,
        }
    }
}

impl<DB, S, Name> tower_service::Service<Request> for Service<DB, S, Name>
where
    DB: Dialect,
    S: tower_service::Service<Request, Response = Response, Error: Send, Future: Send + 'static>,
    Name: 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let settings = self.layer.settings.clone();
        let (db, options) = (settings.db.clone(), settings.options.clone());
        let mut slot = Slot::<DB, Name>::new(db, options, settings.place);
        if let Some(outer) = request.extensions().get::<Slot<DB, Name>>() {
            slot = slot.inside(outer);
        }
        request.extensions_mut().insert(slot.clone());
        let handled = self.inner.call(request);
        Box::pin(async move {
            let response = tokio::select! {
                biased;
                response = handled => response,
                limit = too_late(&slot, settings.limit) => {
                    // The handler is gone by now, and with it what it had of the transaction.
                    end(&slot, true).await.ok();
                    return Ok((settings.refused)(Error::new(Kind::RequestTooLong { limit })));
                }
            };
            let failed = !matches!(&response, Ok(response) if (settings.success)(response));
            match end(&slot, failed).await {
                Ok(()) => response,
                Err(error) => Ok((settings.refused)(error)),
            }
        })
    }
}

/// Returns when the transaction has been in use for too long.
async fn too_late<DB: Dialect, Name>(slot: &Slot<DB, Name>, limit: Option<Duration>) -> Duration {
    let Some(limit) = limit else {
        return std::future::pending().await;
    };
    slot.in_use().await;
    tokio::time::sleep(limit).await;
    limit
}

async fn end<DB: Dialect, Name>(slot: &Slot<DB, Name>, failed: bool) -> Result<(), Error> {
    match slot.replace(State::Closed) {
        State::Unused | State::Closed => Ok(()),
        State::Back(begun) if failed => {
            begun.rollback().await;
            Ok(())
        }
        State::Back(begun) => match begun.commit().await {
            // A preview: the handler asked for it, and its response says what it wants to say.
            Err(error) if error.was_asked_to_roll_back() => Ok(()),
            ended => ended,
        },
        // What holds it is told nothing any more; dropped, it rolls back.
        State::Lent if failed => Ok(()),
        State::Lent => Err(Error::new(Kind::TransactionKept)),
    }
}

impl<DB: Dialect> Clone for Settings<DB> {
    fn clone(&self) -> Self {
        Self {
            db: self.db.clone(),
            options: self.options.clone(),
            place: self.place,
            limit: self.limit,
            success: Arc::clone(&self.success),
            refused: Arc::clone(&self.refused),
        }
    }
}

impl<DB: Dialect, Name> Clone for TransactionLayer<DB, Name> {
    fn clone(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            name: PhantomData,
        }
    }
}

impl<DB: Dialect, S: Clone, Name> Clone for Service<DB, S, Name> {
    fn clone(&self) -> Self {
        Self {
            layer: self.layer.clone(),
            inner: self.inner.clone(),
        }
    }
}

impl<DB: Dialect, Name> fmt::Debug for TransactionLayer<DB, Name> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionLayer")
            .field("options", &self.settings.options)
            .field("limit", &self.settings.limit)
            .finish_non_exhaustive()
    }
}

impl<DB: Dialect, S, Name> fmt::Debug for Service<DB, S, Name> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Service").field(&self.layer).finish()
    }
}
