//! A callback that waits for the commit.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use tracing::Instrument;

use crate::error::{BoxError, Error, Kind};
use crate::signal::{at_depth, depth};

/// What a hook may return: nothing, or a result whose error is reported.
pub trait HookOutput: sealed::Sealed {
    /// As a result, with the value thrown away.
    ///
    /// # Errors
    ///
    /// The hook's own error.
    fn into_result(self) -> Result<(), BoxError>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<T, E> Sealed for Result<T, E> {}
}

impl HookOutput for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<T, E: Into<BoxError>> HookOutput for Result<T, E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map(drop).map_err(Into::into)
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
        Fut: Future<Output: HookOutput> + Send + 'static,
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
