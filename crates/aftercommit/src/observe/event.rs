//! What is told.

use std::panic::Location;
use std::time::Duration;

use crate::commit::HookOutcome;
use crate::effect::EffectId;
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
    /// A receiver is to be left out that is not connected: the name is perhaps misspelt.
    MutedNobody {
        /// The name.
        receiver: &'a str,
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
