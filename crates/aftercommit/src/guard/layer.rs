//! The guard around a client.

use std::fmt;
use std::future::{Ready, ready};
use std::panic::Location;
use std::task::{Context, Poll};

use futures_util::TryFutureExt;
use futures_util::future::{Either, ErrInto};
use tower_layer::Layer;
use tower_service::Service;

use super::leaving_at;
use crate::error::BoxError;

/// Guards every call of a [`Service`], such as an HTTP client.
///
/// ```
/// use aftercommit::guard;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), aftercommit::BoxError> {
/// # let client = service_fn(async |_request: &str| Ok::<_, std::io::Error>(200));
/// let client = ServiceBuilder::new().layer(guard::layer("http")).service(client);
/// assert_eq!(client.oneshot("GET /").await?, 200);
/// # Ok(())
/// # }
/// ```
///
/// A call inside an open transaction fails, or is warned of: see [`leaving`](super::leaving). The error type becomes a boxed
/// one, because the guard adds its own.
pub fn layer(what: impl Into<Box<str>>) -> GuardLayer {
    GuardLayer(what.into())
}

/// Made by [`layer`].
#[derive(Clone)]
pub struct GuardLayer(Box<str>);

/// A guarded client.
#[derive(Clone)]
pub struct Guard<S> {
    service: S,
    what: Box<str>,
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, service: S) -> Guard<S> {
        Guard {
            service,
            what: self.0.clone(),
        }
    }
}

impl<S, Request> Service<Request> for Guard<S>
where
    S: Service<Request>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Either<Ready<Result<S::Response, BoxError>>, ErrInto<S::Future, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.service.poll_ready(context).map_err(Into::into)
    }

    #[track_caller]
    fn call(&mut self, request: Request) -> Self::Future {
        match leaving_at(&self.what, Location::caller()) {
            Ok(()) => Either::Right(self.service.call(request).err_into()),
            Err(error) => Either::Left(ready(Err(error.into()))),
        }
    }
}

impl fmt::Debug for GuardLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuardLayer").field(&self.0).finish()
    }
}

impl<S> fmt::Debug for Guard<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("what", &self.what)
            .finish_non_exhaustive()
    }
}
