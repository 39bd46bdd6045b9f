//! The one place that tells what happens: events for an observer, spans and log lines for `tracing`, counters
//! and durations for `metrics`.
//!
//! | metric | kind | labels |
//! | --- | --- | --- |
//! | `aftercommit_transactions_total` | counter | `outcome`: `committed`, `rolled_back`, `in_doubt` |
//! | `aftercommit_transaction_seconds` | histogram | |
//! | `aftercommit_hooks_total` | counter | `outcome`: `done`, `failed` |
//! | `aftercommit_hook_seconds` | histogram | |
//! | `aftercommit_receiver_failures_total` | counter | `signal`, `receiver` |
//! | `aftercommit_effects_total` | counter | |
//! | `aftercommit_attempts_total` | counter | `receiver`, `outcome` |
//! | `aftercommit_attempt_seconds` | histogram | |
//! | `aftercommit_dead_letters_total` | counter | `receiver` |
//! | `aftercommit_leases_lost_total`, `aftercommit_rescued_total` | counter | |
//! | `aftercommit_operated_total` | counter | `verb` |
//!
//! Nothing of a statement's text, of its arguments or of a signal's value is in an event's log line: those may
//! be anybody's secrets. An error's own text is passed to observers, who know what to do with it, and is
//! logged only at debug level. The exceptions are deliveries and the worker, whose failures nobody else hears of: their reasons are in
//! the log line, without words of the payload and cut to 500 characters
//! ([`Db::with_failure_reasons`](crate::Db::with_failure_reasons) switches them off).

mod count;
mod event;
mod log;
mod observers;

pub use event::{Control, Event};
pub(crate) use observers::Observers;
