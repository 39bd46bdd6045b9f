//! Where a worker runs: on a thread of its own, so that a handler that blocks the application's threads does not stop its heartbeat.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use futures_util::FutureExt;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use tracing::dispatcher::{self, Dispatch};
use tracing::subscriber::NoSubscriber;

use crate::commit::panic_text;
use crate::error::{Error, Kind, Result};

/// Runs `work` on a new thread with a runtime of its own, and `told` if it panics.
///
/// The thread ends with `work`. It keeps nothing of the application alive, and no process from ending.
pub(super) fn on_its_own<F>(
    work: impl FnOnce() -> F + Send + 'static,
    told: impl FnOnce(Error) + Send + 'static,
) -> Result<()>
where
    F: Future<Output = ()>,
{
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(sqlx::Error::Io)?;
    // Whoever listens where the worker was started listens to its thread as well. (Installing a listener that hears nothing
    // would count as one from then on.)
    let listener = dispatcher::get_default(Dispatch::clone);
    let body = move || {
        let _heard = (!listener.is::<NoSubscriber>()).then(|| dispatcher::set_default(&listener));
        let ended = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async move { work().await });
        }));
        // A look-up of a name may hang; nobody waits for it.
        runtime.shutdown_background();
        if let Err(panic) = ended {
            told(panicked(&*panic));
        }
    };
    let thread = thread::Builder::new().name("aftercommit-worker".into());
    thread.spawn(body).map_err(sqlx::Error::Io)?;
    Ok(())
}

/// Runs `work` beside the handlers, and `told` if it panics.
pub(super) fn beside_the_handlers<F>(
    application: &Handle,
    work: impl FnOnce() -> F,
    told: impl FnOnce(Error) + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let work = AssertUnwindSafe(work()).catch_unwind();
    application.spawn(async move {
        if let Err(panic) = work.await {
            told(panicked(&*panic));
        }
    });
}

/// Resolves when the runtime of the application ends.
pub(super) fn end_of(application: &Handle) -> oneshot::Receiver<()> {
    let (mut alive, ended) = oneshot::channel();
    // Ends with the worker, or is dropped with the runtime.
    application.spawn(async move { alive.closed().await });
    ended
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    Error::new(Kind::Panicked {
        what: format!(
            "the worker has ended with a panic, and another one takes over its effects: {}",
            panic_text(panic)
        ),
    })
}
