//! Sending: calls who listens, in order.

use std::any::{Any, type_name};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tracing::Instrument;

use super::receiver::{Call, Entry};
use super::registry::List;
use crate::commit::{Hook, panic_text, run_now};
use crate::error::{BoxError, Error, Kind, Result};
use crate::observe::{Event, Observers};
use crate::store::Dialect;
use crate::transaction::{Db, Tx};

/// Sends deeper than this are taken for recursion without an end.
const RECURSION_LIMIT: usize = 64;

tokio::task_local! {
    /// How deep this task is in sends that have no transaction.
    static SENDING: usize;
}

/// What each receiver answered to a robust send, in calling order.
pub type Responses = Vec<Response>;

/// What one receiver answered.
#[derive(Debug)]
#[non_exhaustive]
pub struct Response {
    /// The receiver's name.
    pub receiver: Arc<str>,
    /// Its result; a panic is an error with the code `PANICKED`.
    pub result: Result<()>,
}

impl<DB: Dialect> Tx<DB> {
    /// Sends a signal in this transaction.
    ///
    /// `during` receivers run now, one after another; `after_commit` receivers are registered as hooks; for `durable` ones an
    /// effect is kept, which is written with the commit. All belong to the innermost block: if that is undone, so is what they
    /// did and will do.
    ///
    /// # Errors
    ///
    /// That of the first `during` receiver that fails; those behind it are not called. For a `durable` one, that the signal cannot
    /// be written down (`PAYLOAD_…`, `NUMBER_PRECISION`, `BAD_KEY`). `SIGNAL_RECURSION`.
    ///
    /// # Panics
    ///
    /// Only if a receiver does.
    ///
    /// # Cancel safety
    ///
    /// Receivers that have run have run; the others are not called.
    pub async fn send<S: Send + Sync + 'static>(&mut self, signal: S) -> Result<()> {
        let Some(list) = self.receivers.list::<S>() else {
            return Ok(());
        };
        // Only a hook keeps the signal beyond this call.
        if list.is_kept() {
            return self.send_kept(&list, Arc::new(signal)).await;
        }
        let tx = Deeper::new::<S>(self)?;
        for entry in &list.entries {
            tx.0.call_during(entry, &signal).await?;
            tx.0.write_down(entry, &signal)?;
        }
        Ok(())
    }

    /// Whether anybody listens, so that the signal is worth making.
    pub(crate) fn hears<S: Send + Sync + 'static>(&mut self) -> bool {
        self.receivers.list::<S>().is_some()
    }

    async fn send_kept<S: Send + Sync + 'static>(
        &mut self,
        list: &List<DB, S>,
        signal: Arc<S>,
    ) -> Result<()> {
        let tx = Deeper::new::<S>(self)?;
        for entry in &list.entries {
            match entry.call {
                Call::During(_) => tx.0.call_during(entry, &signal).await?,
                Call::AfterCommit(_) if tx.0.reaches(entry, &signal) => {
                    tx.0.push_hook(hook(entry, &signal));
                }
                Call::AfterCommit(_) => {}
                Call::Durable(_) => tx.0.write_down(entry, &signal)?,
            }
        }
        Ok(())
    }

    /// The effect of a durable receiver is written with the commit.
    fn write_down<S: Send + Sync + 'static>(
        &mut self,
        entry: &Entry<DB, S>,
        signal: &S,
    ) -> Result<()> {
        if let Call::Durable(durable) = &entry.call
            && self.reaches(entry, signal)
        {
            let headers = self.db().headers();
            let effect = durable.route.effect(&entry.name, signal, headers)?;
            self.push_effect(effect);
        }
        Ok(())
    }

    async fn call_during<S: Send + Sync + 'static>(
        &mut self,
        entry: &Entry<DB, S>,
        signal: &S,
    ) -> Result<()> {
        let Call::During(receiver) = &entry.call else {
            return Ok(());
        };
        if !self.reaches(entry, signal) {
            return Ok(());
        }
        self.db().observers().before(Some(&entry.name))?;
        let call = receiver.call(Some(self), signal);
        let called = match span(entry) {
            Some(span) => call.instrument(span).await,
            None => call.await,
        };
        called.map_err(|error| tell_failure::<DB, S>(self.db().observers(), entry, error))
    }

    fn reaches<S: Send + Sync + 'static>(&self, entry: &Entry<DB, S>, signal: &S) -> bool {
        entry.hears(signal) && !self.is_silent(&entry.name)
    }

    /// Sends a signal to all receivers, whatever each does.
    ///
    /// Each `during` receiver runs in a savepoint of its own: one that fails leaves no trace, and does not
    /// spoil the transaction for the others. A panic is contained.
    ///
    /// # Errors
    ///
    /// Those of receivers are in the responses. The call itself fails with `SIGNAL_RECURSION` only.
    ///
    /// # Cancel safety
    ///
    /// Receivers that have run have run; one that was running is undone; the others are not called.
    pub async fn send_robust<S: Send + Sync + 'static>(&mut self, signal: S) -> Result<Responses> {
        let Some(list) = self.db().signals().list::<S>() else {
            return Ok(Vec::new());
        };
        let signal = Arc::new(signal);
        let tx = Deeper::new::<S>(self)?;
        let mut responses = Vec::with_capacity(list.entries.len());
        for entry in list.entries.iter() {
            let hears = walled(entry, || Ok(tx.0.reaches(entry, &signal)));
            let result = match (hears, &entry.call) {
                (Ok(false), _) => continue,
                (Err(panicked), _) => Err(panicked),
                (Ok(true), Call::During(receiver)) => {
                    let block = tx.0.atomic(async |tx| {
                        let observers = tx.db().observers().clone();
                        contain(&observers, entry, receiver.call(Some(tx), &signal)).await
                    });
                    let result = block
                        .instrument(span(entry).unwrap_or_else(tracing::Span::none))
                        .await;
                    result
                        .map_err(|error| tell_failure::<DB, S>(tx.0.db().observers(), entry, error))
                }
                (Ok(true), Call::AfterCommit(_)) => {
                    tx.0.push_hook(hook(entry, &signal));
                    Ok(())
                }
                (Ok(true), Call::Durable(_)) => walled(entry, || tx.0.write_down(entry, &signal)),
            };
            responses.push(Response {
                receiver: Arc::clone(&entry.name),
                result,
            });
        }
        Ok(responses)
    }

    /// Leaves one receiver out until the returned block ends.
    ///
    /// # Errors
    ///
    /// The body's own.
    ///
    /// # Cancel safety
    ///
    /// As for the body.
    pub async fn muted<T, E, F>(
        &mut self,
        receiver: impl Into<Box<str>> + Send,
        body: F,
    ) -> Result<T, E>
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> crate::AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
    {
        struct Muted<'t, DB: Dialect>(&'t mut Tx<DB>, usize);
        impl<DB: Dialect> Drop for Muted<'_, DB> {
            fn drop(&mut self) {
                self.0.muted.truncate(self.1);
            }
        }
        let before = self.muted.len();
        self.muted.push(receiver.into());
        let muted = Muted(self, before);
        body(&mut *muted.0).await
    }

    fn is_silent(&self, receiver: &str) -> bool {
        self.muted.iter().any(|muted| **muted == *receiver) || self.db().is_muted(receiver)
    }
}

impl<DB: Dialect> Db<DB> {
    /// Sends a signal without a transaction of the caller's.
    ///
    /// If a `during` receiver insists on a transaction, or a durable one is to be written, one is made around the whole send, so
    /// that an error undoes what the receivers before it did. Otherwise receivers are simply called, and `after_commit`
    /// receivers run now.
    ///
    /// # Errors
    ///
    /// As for [`Tx::send`], and those of the transaction. An `after_commit` receiver that fails is reported only.
    ///
    /// # Panics
    ///
    /// Only if a receiver does.
    ///
    /// # Cancel safety
    ///
    /// Receivers that have run have run, unless they did so in the transaction, which rolls back.
    pub async fn send<S: Send + Sync + 'static>(&self, signal: S) -> Result<()> {
        let Some(list) = self.signals().list::<S>() else {
            return Ok(());
        };
        let signal = Arc::new(signal);
        if self.needs_transaction(&list, &signal) {
            return self
                .atomic(async |tx| tx.send_kept(&list, signal).await)
                .await;
        }
        deeper::<S, _>(async {
            for entry in self.hearing(&list, &signal) {
                match &entry.call {
                    Call::During(receiver) => {
                        self.observers().before(Some(&entry.name))?;
                        let called = receiver
                            .call(None, &signal)
                            .instrument(span(entry).unwrap_or_else(tracing::Span::none));
                        called.await.map_err(|error| {
                            tell_failure::<DB, S>(self.observers(), entry, error)
                        })?;
                    }
                    Call::AfterCommit(_) => {
                        // Reported by the run; the sender has nothing to take back for it.
                        let _: Result<()> =
                            run_now(self.observers().clone(), hook(entry, &signal)).await;
                    }
                    // With one of these there is a transaction.
                    Call::Durable(_) => {}
                }
            }
            Ok(())
        })
        .await
    }

    /// Sends a signal to all receivers, whatever each does, without a transaction of the caller's.
    ///
    /// A `during` receiver that insists on a transaction gets one of its own. Panics are contained.
    ///
    /// # Errors
    ///
    /// Those of receivers are in the responses. The call itself fails with `SIGNAL_RECURSION` only.
    ///
    /// # Cancel safety
    ///
    /// Receivers that have run have run; the others are not called.
    pub async fn send_robust<S: Send + Sync + 'static>(&self, signal: S) -> Result<Responses> {
        let Some(list) = self.signals().list::<S>() else {
            return Ok(Vec::new());
        };
        let signal = Arc::new(signal);
        deeper::<S, _>(async {
            let mut responses = Vec::with_capacity(list.entries.len());
            for entry in list.entries.iter() {
                let hears = walled(entry, || Ok(self.hears(entry, &signal)));
                let result = match (hears, &entry.call) {
                    (Ok(false), _) => continue,
                    (Err(panicked), _) => Err(panicked),
                    (Ok(true), Call::During(receiver)) if receiver.needs_transaction() => {
                        self.atomic(async |tx| {
                            contain(self.observers(), entry, receiver.call(Some(tx), &signal)).await
                        })
                        .await
                    }
                    (Ok(true), Call::During(receiver)) => {
                        contain(self.observers(), entry, receiver.call(None, &signal)).await
                    }
                    (Ok(true), Call::AfterCommit(_)) => {
                        run_now(self.observers().clone(), hook(entry, &signal)).await
                    }
                    (Ok(true), Call::Durable(_)) => {
                        let write =
                            async |tx: &mut Tx<DB>| walled(entry, || tx.write_down(entry, &signal));
                        self.atomic(write).await
                    }
                };
                let result = match (result, &entry.call) {
                    (Err(error), Call::During(_)) => {
                        Err(tell_failure::<DB, S>(self.observers(), entry, error))
                    }
                    (result, _) => result,
                };
                responses.push(Response {
                    receiver: Arc::clone(&entry.name),
                    result,
                });
            }
            Ok(responses)
        })
        .await
    }

    fn hearing<'l, S: Send + Sync + 'static>(
        &'l self,
        list: &'l List<DB, S>,
        signal: &'l S,
    ) -> impl Iterator<Item = &'l Arc<Entry<DB, S>>> {
        list.entries
            .iter()
            .filter(move |entry| self.hears(entry, signal))
    }

    fn hears<S: Send + Sync + 'static>(&self, entry: &Entry<DB, S>, signal: &S) -> bool {
        entry.hears(signal) && !self.is_muted(&entry.name)
    }

    fn needs_transaction<S: Send + Sync + 'static>(&self, list: &List<DB, S>, signal: &S) -> bool {
        self.hearing(list, signal).any(|entry| match &entry.call {
            Call::During(receiver) => receiver.needs_transaction(),
            Call::AfterCommit(_) => false,
            Call::Durable(_) => true,
        })
    }
}

/// A receiver's call, with a panic made an error.
async fn contain<DB: Dialect, S>(
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
fn walled<DB: Dialect, S, T>(entry: &Entry<DB, S>, call: impl FnOnce() -> Result<T>) -> Result<T> {
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

fn hook<DB: Dialect, S: Send + Sync + 'static>(entry: &Entry<DB, S>, signal: &Arc<S>) -> Hook {
    let Call::AfterCommit(call) = &entry.call else {
        return Hook::new(Some(Arc::clone(&entry.name)), entry.place, async || ());
    };
    let (call, signal) = (Arc::clone(call), Arc::clone(signal));
    Hook::new(Some(Arc::clone(&entry.name)), entry.place, move || {
        call(signal)
    })
}

/// A span for the call, if anybody looks: wrapping each call costs more than an empty receiver.
fn span<DB: Dialect, S>(entry: &Entry<DB, S>) -> Option<tracing::Span> {
    tracing::enabled!(tracing::Level::DEBUG).then(
        || tracing::debug_span!("receiver", name = &*entry.name, signal = type_name::<S>(), place = %entry.place),
    )
}

fn tell_failure<DB: Dialect, S>(
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

/// One level further into a send on a transaction.
struct Deeper<'t, DB: Dialect>(&'t mut Tx<DB>);

impl<'t, DB: Dialect> Deeper<'t, DB> {
    fn new<S>(tx: &'t mut Tx<DB>) -> Result<Self> {
        if tx.sending >= RECURSION_LIMIT {
            return Err(recursion::<S>());
        }
        tx.sending += 1;
        Ok(Self(tx))
    }
}

impl<DB: Dialect> Drop for Deeper<'_, DB> {
    fn drop(&mut self) {
        self.0.sending -= 1;
    }
}

/// One level further into sends of this task that have no transaction.
async fn deeper<S, T>(send: impl Future<Output = Result<T>>) -> Result<T> {
    let depth = SENDING.try_with(|depth| *depth).unwrap_or(0) + 1;
    if depth > RECURSION_LIMIT {
        return Err(recursion::<S>());
    }
    // Boxed, because the future of a send contains those of the sends inside it.
    SENDING.scope(depth, Box::pin(send)).await
}

fn recursion<S>() -> Error {
    Error::new(Kind::SignalRecursion {
        signal: type_name::<S>(),
        limit: RECURSION_LIMIT,
    })
}
