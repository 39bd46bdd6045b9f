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

use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::commit::HookOutcome;
use crate::delivery::{Point, chain, clean};
use crate::effect::{EffectId, Headers};
use crate::error::{BoxError, Error};

/// A statement that moves the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Control {
    /// A block begins. BEGIN itself travels with its first statement.
    Begin,
    /// A nested block was entered; the number counts the savepoints of the transaction from 1. The statement travels
    /// with the next one.
    Savepoint(u32),
    /// A nested block ended well. The statement travels with the next one, or not at all before COMMIT.
    Release(u32),
    /// A nested block was rolled back.
    RollBackTo(u32),
    /// COMMIT is about to be sent.
    Commit,
    /// The transaction is rolled back.
    RollBack,
}

/// What happened. Observers get each event once, in order, on the task where it happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A transaction moved.
    Control(Control),
    /// By its settings, the server may lose commits that it has confirmed. Said once, when that becomes known.
    CommitsMayBeLost {
        /// The setting, as half a sentence.
        why: &'static str,
    },
    /// A transaction was confirmed; its hooks run now.
    Committed {
        /// Where the block stands.
        place: &'static Location<'static>,
        /// How long it was open.
        age: Duration,
    },
    /// A transaction ended without being committed, or it is not known whether it was.
    NotCommitted {
        /// Where the block stands.
        place: &'static Location<'static>,
        /// How long it was open.
        age: Duration,
        /// The reason, unless it is the error of the block's own body.
        error: Option<&'a Error>,
    },
    /// A COMMIT was cut off, and the server was asked about it.
    CutCommitResolved {
        /// What it said, if it could say.
        committed: Option<bool>,
    },
    /// A transaction was open for longer than the warning time.
    LongTransaction {
        /// Where the block stands.
        place: &'static Location<'static>,
        /// How long it has been open so far.
        age: Duration,
    },
    /// A statement failed in a block, which is broken now.
    StatementFailed {
        /// The code of the database, where it has one.
        code: Option<&'a str>,
    },
    /// A hook ended, well or not.
    HookEnded(&'a HookOutcome),
    /// A hook has run for longer than the budget, and still does.
    HookSlow {
        /// The hook's name.
        name: Option<&'a str>,
        /// Where it was registered.
        place: &'static Location<'static>,
        /// The budget it has used up.
        budget: Duration,
    },
    /// Effects were committed with their transaction.
    Appended {
        /// How many.
        effects: usize,
    },
    /// An attempt to deliver an effect ended.
    Attempted {
        /// The receiver's name.
        receiver: &'a str,
        /// The effect.
        effect: EffectId,
        /// Which attempt it was, counted from 1.
        attempt: u32,
        /// How, in a word: `done`, `failed`, `timed_out`, `retry_after`, `unavailable`, `discarded`, `unreadable`, `lost`.
        outcome: &'static str,
        /// Why it did not end well: see [`Db::with_failure_reasons`](crate::Db::with_failure_reasons).
        reason: Option<&'a str>,
        /// How long it took; of a batch, all of it.
        took: Duration,
    },
    /// An effect was given up and is among the dead letters.
    DeadLetter {
        /// The receiver's name.
        receiver: &'a str,
        /// The effect.
        effect: EffectId,
        /// How many attempts there were.
        attempts: u32,
        /// Why: see [`Db::with_failure_reasons`](crate::Db::with_failure_reasons).
        reason: Option<&'a str>,
    },
    /// An operator did something about effects, or about a receiver: see [`operate`](crate::operate).
    Operated {
        /// What, in a word: `retried`, `discarded`, `skipped`, `edited`, `pruned`, `paused`, `resumed`.
        verb: &'static str,
        /// The receiver's name, if it was one.
        receiver: Option<&'a str>,
        /// The effect, if it was one.
        effect: Option<EffectId>,
        /// How many effects.
        effects: u64,
        /// The reason that was given.
        reason: Option<&'a str>,
    },
    /// Answers came too late: the effects had been given to another worker. What those wrote down stays.
    LeasesLost {
        /// How many.
        effects: u64,
    },
    /// Effects were taken from workers that had given no sign of life for too long.
    Rescued {
        /// How many.
        effects: u64,
    },
    /// This worker gave no sign of life for too long, and others have taken its effects. It goes on under a new identity.
    WorkerTakenForDead,
    /// The target of a receiver is not there: nothing is tried until it is.
    BreakerOpened {
        /// A receiver of it.
        receiver: &'a str,
    },
    /// A worker has started.
    WorkerStarted {
        /// How many handlers it runs in a transaction at the same time, at most: two connections of the pool are left to the rest of
        /// the application.
        max_transactions: usize,
    },
    /// The worker could not do something at the database. It tries again.
    WorkerTrouble {
        /// What, in a word.
        what: &'static str,
        /// Why.
        error: &'a Error,
    },
    /// A receiver failed.
    ReceiverFailed {
        /// The type of the signal.
        signal: &'static str,
        /// The receiver's name.
        receiver: &'a str,
        /// Its error.
        error: &'a BoxError,
    },
}

type Observer = Arc<dyn Fn(&Event<'_>) + Send + Sync>;
type MakeHeaders = Arc<dyn Fn() -> Headers + Send + Sync>;

/// Who is told, and the limits beyond which they are warned.
#[derive(Clone)]
pub(crate) struct Observers {
    pub(crate) observer: Option<Observer>,
    pub(crate) hook_budget: Duration,
    pub(crate) long_transaction: Duration,
    pub(crate) resolve_patience: Duration,
    pub(crate) hook_limit: usize,
    pub(crate) strict: bool,
    /// Sessions are shared between transactions: nothing may be kept in them.
    pub(crate) pooled: bool,
    pub(crate) wake_ups: bool,
    /// Whether failures of deliveries and of the worker say why.
    pub(crate) reasons: bool,
    pub(crate) headers: Option<MakeHeaders>,
    /// Faults of the test kit.
    #[cfg(feature = "testing")]
    pub(crate) faults: Option<crate::testing::Faults>,
    #[cfg(feature = "testing")]
    pub(crate) without_probes: bool,
}

impl Default for Observers {
    fn default() -> Self {
        Self {
            observer: None,
            hook_budget: Duration::from_secs(5),
            long_transaction: Duration::from_secs(10),
            resolve_patience: Duration::from_secs(5),
            hook_limit: 100_000,
            strict: false,
            pooled: false,
            wake_ups: false,
            reasons: true,
            headers: None,
            #[cfg(feature = "testing")]
            faults: None,
            #[cfg(feature = "testing")]
            without_probes: false,
        }
    }
}

impl Observers {
    /// Whether a probe goes around statements that may end the transaction.
    pub(crate) fn probes(&self) -> bool {
        #[cfg(feature = "testing")]
        return !self.without_probes;
        #[cfg(not(feature = "testing"))]
        true
    }

    /// Called before a receiver or a hook of this name runs: the test kit may make it fail.
    pub(crate) fn before(&self, name: Option<&str>) -> crate::error::Result<()> {
        #[cfg(feature = "testing")]
        if let (Some(faults), Some(name)) = (&self.faults, name) {
            return faults.before(name);
        }
        let _ = name;
        Ok(())
    }

    /// Called at the boundaries between the steps of an effect's life: the test kit may end the process there.
    pub(crate) async fn reached(&self, point: Point) -> crate::error::Result<()> {
        #[cfg(feature = "testing")]
        if let Some(faults) = &self.faults {
            return faults.at(point).await;
        }
        let _ = point;
        Ok(())
    }

    pub(crate) fn observe(&self, event: &Event<'_>) {
        contain("the metrics recorder", || count(event));
        contain("a subscriber of tracing", || log(event, self.reasons));
        if let Some(observer) = &self.observer {
            contain("an observer", || observer(event));
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observers")
            .field("hook_budget", &self.hook_budget)
            .field("long_transaction", &self.long_transaction)
            .field("resolve_patience", &self.resolve_patience)
            .field("hook_limit", &self.hook_limit)
            .field("strict", &self.strict)
            .finish_non_exhaustive()
    }
}

/// Whoever is told may panic, and must not take a commit or its hooks along.
fn contain(who: &str, tell: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(tell)).is_err() {
        // The subscriber of tracing may be who panics.
        let _: std::thread::Result<()> =
            catch_unwind(|| tracing::error!("{who} panicked, and was contained"));
    }
}

fn count(event: &Event<'_>) {
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

fn log(event: &Event<'_>, reasons: bool) {
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
