//! A callback that waits for the commit.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use tracing::Instrument;

use crate::error::{BoxError, Error, Kind};
use crate::signal::{at_depth, depth};

/// What a hook or a receiver may return: nothing, or a result with any error that becomes a boxed one.
///
/// Such errors are this library's, sqlx's, `anyhow::Error`, and every type that implements [`std::error::Error`]. An
/// `anyhow::Error` hides what it wraps once it is boxed: [`Error::find`] does not see a library's error behind it. Whether a block is
/// [tried again](crate::Db::retry) does not depend on it, because the transaction has seen the collision itself.
#[diagnostic::on_unimplemented(
    message = "a hook or a receiver may not return `{Self}`",
    note = "return nothing, or a `Result` whose error becomes a boxed one: `aftercommit::Error`, `sqlx::Error`, \
            `anyhow::Error`, or a type that implements `std::error::Error + Send + Sync`"
)]
pub trait IntoResult: sealed::Sealed {
    /// What is returned if nothing went wrong.
    type Value;

    /// As a result.
    ///
    /// # Errors
    ///
    /// The own error of the hook or receiver.
    fn into_result(self) -> Result<Self::Value, BoxError>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<T, E> Sealed for Result<T, E> {}
}

impl IntoResult for () {
    type Value = ();

    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<T, E: Into<BoxError>> IntoResult for Result<T, E> {
    type Value = T;

    fn into_result(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
}

type Body = Box<dyn FnOnce() -> BoxFuture<'static, Result<(), BoxError>> + Send>;

/// A registered hook: who registered it where, and what it does.
pub(crate) struct Hook {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) place: &'static Location<'static>,
    /// How many sends it was registered inside of.
    depth: usize,
    body: Body,
}

/// Hooks from this depth on run on a task of their own. Each round over a commit needs its part of the stack, and 64 of them
/// do not fit into the 2 MiB that a thread of tokio has.
const OWN_TASK_FROM: usize = 3;

impl Hook {
    pub(crate) fn new<F, Fut>(
        name: Option<Arc<str>>,
        place: &'static Location<'static>,
        body: F,
    ) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output: IntoResult<Value = ()>> + Send + 'static,
    {
        Self {
            name,
            place,
            depth: depth(),
            body: Box::new(move || Box::pin(async move { body().await.into_result() })),
        }
    }

    pub(crate) async fn call(self) -> Result<(), BoxError> {
        let depth = self.depth;
        let running = at_depth(depth, (self.body)());
        if depth < OWN_TASK_FROM {
            return running.await;
        }
        match tokio::spawn(running.in_current_span()).await {
            Ok(result) => result,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::new(Kind::RuntimeGone {
                    what: "a hook",
                    after: None,
                })
                .into()),
            },
        }
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook")
            .field("name", &self.name)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
