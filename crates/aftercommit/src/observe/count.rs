//! The counters and durations of events.

use super::Event;
use crate::error::Error;

/// Counts an event with the recorder of `metrics`.
pub(super) fn count(event: &Event<'_>) {
    match event {
        Event::Committed { age, .. } => {
            metrics::counter!("aftercommit_transactions_total", "outcome" => "committed")
                .increment(1);
            metrics::histogram!("aftercommit_transaction_seconds").record(*age);
        }
        Event::NotCommitted { age, error, .. } => {
            let in_doubt = error.is_some_and(Error::is_commit_in_doubt);
            let outcome = if in_doubt { "in_doubt" } else { "rolled_back" };
            metrics::counter!("aftercommit_transactions_total", "outcome" => outcome).increment(1);
            metrics::histogram!("aftercommit_transaction_seconds").record(*age);
        }
        Event::HookEnded(hook) => {
            let outcome = if hook.result.is_ok() {
                "done"
            } else {
                "failed"
            };
            metrics::counter!("aftercommit_hooks_total", "outcome" => outcome).increment(1);
            metrics::histogram!("aftercommit_hook_seconds").record(hook.took);
        }
        Event::ReceiverFailed {
            signal, receiver, ..
        } => {
            let labels = [
                ("signal", (*signal).to_owned()),
                ("receiver", (*receiver).to_owned()),
            ];
            metrics::counter!("aftercommit_receiver_failures_total", &labels).increment(1);
        }
        Event::Appended { effects } => {
            metrics::counter!("aftercommit_effects_total").increment(*effects as u64);
        }
        Event::Attempted {
            receiver,
            outcome,
            took,
            ..
        } => {
            let labels = [
                ("receiver", (*receiver).to_owned()),
                ("outcome", (*outcome).to_owned()),
            ];
            metrics::counter!("aftercommit_attempts_total", &labels).increment(1);
            metrics::histogram!("aftercommit_attempt_seconds").record(*took);
        }
        Event::DeadLetter { receiver, .. } => {
            let labels = [("receiver", (*receiver).to_owned())];
            metrics::counter!("aftercommit_dead_letters_total", &labels).increment(1);
        }
        Event::Operated { verb, effects, .. } => {
            // Pausing is about no effect, and happened once.
            metrics::counter!("aftercommit_operated_total", "verb" => *verb)
                .increment((*effects).max(1));
        }
        Event::LeasesLost { effects } => {
            metrics::counter!("aftercommit_leases_lost_total").increment(*effects);
        }
        Event::Rescued { effects } => {
            metrics::counter!("aftercommit_rescued_total").increment(*effects);
        }
        _ => {}
    }
}
