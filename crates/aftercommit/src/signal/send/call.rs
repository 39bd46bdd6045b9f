//! The call of one receiver, and what its failure is told as.

use std::any::{Any, type_name};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use crate::commit::{Hook, panic_text};
use crate::error::{BoxError, Error, Kind, Result};
use crate::observe::{Event, Observers};
use crate::signal::receiver::{Call, Entry};
use crate::store::Dialect;

/// A receiver's call, with a panic made an error.
pub(super) async fn contain<DB: Dialect, S>(
    observers: &Observers,
    entry: &Entry<DB, S>,
    call: impl Future<Output = Result<()>> + Send,
) -> Result<()> {
    let call = async {
        observers.before(Some(&entry.name))?;
        call.await
    };
    let called = AssertUnwindSafe(call).catch_unwind().await;
    called.unwrap_or_else(|panic| Err(panicked(entry, &*panic)))
}

/// Filters, keys and the like: with a panic made an error.
pub(super) fn walled<DB: Dialect, S, T>(
    entry: &Entry<DB, S>,
    call: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let called = std::panic::catch_unwind(AssertUnwindSafe(call));
    called.unwrap_or_else(|panic| Err(panicked(entry, &*panic)))
}

fn panicked<DB: Dialect, S>(entry: &Entry<DB, S>, panic: &(dyn Any + Send)) -> Error {
    let what = format!(
        "receiver \"{}\" panicked: {}",
        entry.name,
        panic_text(panic)
    );
    Error::new(Kind::Panicked { what })
}

pub(super) fn hook<DB: Dialect, S: Send + Sync + 'static>(
    entry: &Entry<DB, S>,
    signal: &Arc<S>,
) -> Hook {
    let Call::AfterCommit(call) = &entry.call else {
        return Hook::new(Some(Arc::clone(&entry.name)), entry.place, async || ());
    };
    let (call, signal) = (Arc::clone(call), Arc::clone(signal));
    Hook::new(Some(Arc::clone(&entry.name)), entry.place, move || {
        call(signal)
    })
}

/// A span for the call, if anybody looks: wrapping each call costs more than an empty receiver.
pub(super) fn span<DB: Dialect, S>(entry: &Entry<DB, S>) -> Option<tracing::Span> {
    tracing::enabled!(tracing::Level::DEBUG).then(
        || tracing::debug_span!("receiver", name = &*entry.name, signal = type_name::<S>(), place = %entry.place),
    )
}

pub(super) fn tell_failure<DB: Dialect, S>(
    observers: &Observers,
    entry: &Entry<DB, S>,
    error: Error,
) -> Error {
    let error: BoxError = error.into();
    observers.observe(&Event::ReceiverFailed {
        signal: type_name::<S>(),
        receiver: &entry.name,
        error: &error,
    });
    Error::other(error)
}
