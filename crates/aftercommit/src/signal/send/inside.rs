//! Sending in a transaction.

use std::sync::Arc;

use tracing::Instrument;

use super::call::{contain, hook, span, tell_failure, walled};
use super::depth::deeper;
use super::{Response, Responses};
use crate::error::Result;
use crate::signal::receiver::{Call, Entry};
use crate::signal::registry::List;
use crate::store::Dialect;
use crate::transaction::Tx;

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
    /// be written down (`PAYLOAD_…`, `NUMBER_…`, `HEADERS_TOO_LARGE`, `BAD_KEY`). `SIGNAL_RECURSION`.
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
        deeper::<S, _>(async {
            for entry in &list.entries {
                self.call_during(entry, &signal).await?;
                self.write_down(entry, &signal)?;
            }
            Ok(())
        })
        .await
    }

    /// Whether anybody listens, so that the signal is worth making.
    pub(crate) fn hears<S: Send + Sync + 'static>(&mut self) -> bool {
        self.receivers.list::<S>().is_some()
    }

    pub(super) async fn send_kept<S: Send + Sync + 'static>(
        &mut self,
        list: &List<DB, S>,
        signal: Arc<S>,
    ) -> Result<()> {
        deeper::<S, _>(async {
            for entry in &list.entries {
                match entry.call {
                    Call::During(_) => self.call_during(entry, &signal).await?,
                    Call::AfterCommit(_) if self.reaches(entry, &signal) => {
                        self.push_hook(hook(entry, &signal));
                    }
                    Call::AfterCommit(_) => {}
                    Call::Durable(_) => self.write_down(entry, &signal)?,
                }
            }
            Ok(())
        })
        .await
    }

    /// The effect of a durable receiver is written with the commit.
    pub(super) fn write_down<S: Send + Sync + 'static>(
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
        deeper::<S, _>(async {
            let mut responses = Vec::with_capacity(list.entries.len());
            for entry in list.entries.iter() {
                let hears = walled(entry, || Ok(self.reaches(entry, &signal)));
                let result = match (hears, &entry.call) {
                    (Ok(false), _) => continue,
                    (Err(panicked), _) => Err(panicked),
                    (Ok(true), Call::During(receiver)) => {
                        let block = self.atomic(async |tx| {
                            let observers = tx.db().observers().clone();
                            contain(&observers, entry, receiver.call(Some(tx), &signal)).await
                        });
                        let result = block
                            .instrument(span(entry).unwrap_or_else(tracing::Span::none))
                            .await;
                        result.map_err(|error| {
                            tell_failure::<DB, S>(self.db().observers(), entry, error)
                        })
                    }
                    (Ok(true), Call::AfterCommit(_)) => {
                        self.push_hook(hook(entry, &signal));
                        Ok(())
                    }
                    (Ok(true), Call::Durable(_)) => {
                        walled(entry, || self.write_down(entry, &signal))
                    }
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

    /// Leaves one receiver out until the returned block ends. A name that nobody has is told with
    /// [`Event::MutedNobody`](crate::Event::MutedNobody).
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
        let receiver = receiver.into();
        self.db().warn_of_unknown(&receiver);
        self.muted.push(receiver);
        let muted = Muted(self, before);
        body(&mut *muted.0).await
    }

    fn is_silent(&self, receiver: &str) -> bool {
        self.muted.iter().any(|muted| **muted == *receiver) || self.db().is_muted(receiver)
    }
}
