//! Sending without a transaction of the caller's.

use std::sync::Arc;

use futures_core::future::BoxFuture;
use tracing::Instrument;

use super::call::{contain, hook, span, tell_failure, walled};
use super::depth::deeper;
use super::{Response, Responses};
use crate::commit::run_now;
use crate::error::Result;
use crate::signal::receiver::{Call, Entry};
use crate::signal::registry::List;
use crate::store::Dialect;
use crate::transaction::{Db, Tx};

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
            return self.send_in_a_transaction(&list, signal).await;
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

    /// Boxed where it is made: the frames of receivers that send again lie on the stack, one inside the other.
    fn send_in_a_transaction<'s, S: Send + Sync + 'static>(
        &'s self,
        list: &'s List<DB, S>,
        signal: Arc<S>,
    ) -> BoxFuture<'s, Result<()>> {
        Box::pin(self.atomic(async |tx| tx.send_kept(list, signal).await))
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
