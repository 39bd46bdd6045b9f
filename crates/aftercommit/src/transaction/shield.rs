//! A future that goes on when the caller stops waiting.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use tokio::runtime::Handle;
use tracing::Instrument;

/// Runs in its caller's task for as long as the caller waits, and on a task of its own from then on.
///
/// The work is begun with the first poll; before that, dropping it does nothing. Compared with a task from the
/// start this costs nothing as long as nobody leaves: waking another thread for each BEGIN and each COMMIT took a
/// third of the throughput of one client on a machine with two cores.
pub(crate) struct Shield<T: Send + 'static> {
    work: Option<BoxFuture<'static, T>>,
    state: State,
    runtime: Handle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was sent.
    Untouched,
    /// Being polled; dropped in this state, the work itself has panicked.
    Polled,
    /// Under way.
    Waiting,
}

impl<T: Send + 'static> Shield<T> {
    /// Must be called on a runtime of tokio, as everything that talks to a database must.
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self {
            work: Some(Box::pin(work)),
            state: State::Untouched,
            runtime: Handle::current(),
        }
    }
}

impl<T: Send + 'static> Future for Shield<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.state = State::Polled;
        let Some(work) = self.work.as_mut() else {
            return Poll::Pending;
        };
        let polled = work.as_mut().poll(context);
        match polled {
            Poll::Ready(_) => self.work = None,
            Poll::Pending => self.state = State::Waiting,
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Shield<T> {
    fn drop(&mut self) {
        if let (Some(work), State::Waiting) = (self.work.take(), self.state) {
            self.runtime.spawn(work.in_current_span());
        }
    }
}
