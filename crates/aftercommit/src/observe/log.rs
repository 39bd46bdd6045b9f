//! The log lines of events.

use super::Event;
use crate::delivery::{chain, clean};
use crate::error::Error;

/// Writes an event's line with `tracing`. `reasons`: failures of deliveries and of the worker say why.
pub(super) fn log(event: &Event<'_>, reasons: bool) {
    match event {
        Event::Control(control) => tracing::trace!(?control, "transaction control"),
        Event::Committed { place, age } => tracing::trace!(%place, ?age, "committed"),
        Event::NotCommitted { place, age, error } => {
            let code = error.and_then(Error::code);
            if error.is_some_and(Error::is_commit_in_doubt) {
                tracing::error!(%place, ?age, code, "it is not known whether the transaction was committed");
            } else {
                tracing::debug!(%place, ?age, code, "rolled back");
            }
        }
        Event::CommitsMayBeLost { why } => {
            tracing::warn!(
                why,
                "a crash can take back commits whose hooks have run: change the setting, or accept that"
            );
        }
        Event::CutCommitResolved { committed } => {
            tracing::warn!(
                ?committed,
                "the connection was lost during COMMIT; the server was asked"
            );
        }
        Event::LongTransaction { place, age } => {
            tracing::warn!(%place, ?age, "a transaction is open for long: move slow work behind its commit");
        }
        Event::StatementFailed { code } => tracing::debug!(code, "a statement failed in a block"),
        Event::HookEnded(hook) => {
            if let Err(error) = &hook.result {
                tracing::error!(name = hook.name.as_deref(), place = %hook.place, "a hook failed");
                tracing::debug!(%error, "the error of the hook");
            }
        }
        Event::HookSlow {
            name,
            place,
            budget,
        } => {
            tracing::warn!(name, %place, ?budget, "a hook is slow and keeps its caller waiting");
        }
        Event::Appended { effects } => {
            tracing::trace!(effects, "effects were committed");
        }
        Event::Attempted {
            receiver,
            effect,
            attempt,
            outcome,
            reason,
            took,
        } => match *outcome {
            "done" => tracing::debug!(receiver, %effect, attempt, ?took, "delivered"),
            outcome => {
                tracing::warn!(receiver, %effect, attempt, ?took, outcome, reason, "not delivered this time");
            }
        },
        Event::DeadLetter {
            receiver,
            effect,
            attempts,
            reason,
        } => {
            tracing::error!(receiver, %effect, attempts, reason, "an effect was given up and is among the dead letters");
        }
        Event::Operated {
            verb,
            receiver,
            effect,
            effects,
            reason,
        } => {
            let effect = effect.map(tracing::field::display);
            tracing::info!(verb, receiver, effect, effects, reason, "an operator acted");
        }
        Event::LeasesLost { effects } => {
            tracing::warn!(
                effects,
                "answers came too late: their effects had been given to another worker"
            );
        }
        Event::Rescued { effects } => {
            tracing::warn!(
                effects,
                "effects were taken from a worker that had stopped answering"
            );
        }
        Event::WorkerTakenForDead => {
            tracing::warn!("this worker was taken for dead; it goes on under a new identity");
        }
        Event::BreakerOpened { receiver } => {
            tracing::warn!(
                receiver,
                "the target is not there; nothing is tried until it is"
            );
        }
        Event::WorkerStarted { max_transactions } => {
            tracing::info!(max_transactions, "a worker has started");
        }
        Event::WorkerTrouble { what, error } => {
            let reason = reasons.then(|| clean(&chain(*error)));
            tracing::warn!(
                what,
                code = error.code(),
                reason,
                "the worker could not do this and tries again"
            );
        }
        Event::MutedNobody { receiver } => {
            tracing::warn!(
                receiver,
                "no receiver of this name is connected: nothing is muted by it"
            );
        }
        Event::ReceiverFailed {
            signal,
            receiver,
            error,
        } => {
            tracing::warn!(signal, receiver, "a receiver failed");
            tracing::debug!(%error, "the error of the receiver");
        }
    }
}
