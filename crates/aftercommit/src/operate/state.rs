//! Where an effect stands. Pure.

use std::fmt;
use std::time::SystemTime;

use super::Visible;

/// Where an effect stands, in a word. There is no other state; one that was delivered or discarded is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// To be delivered as soon as a worker has time.
    Pending,
    /// A worker has it.
    Claimed,
    /// Due later: after a failure, or because it was sent so.
    Waiting,
    /// Behind one of its key that waits or is dead.
    Parked,
    /// Given up: a dead letter.
    Dead,
}

impl State {
    /// All of them, in the order of an effect's life.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Claimed,
        Self::Waiting,
        Self::Parked,
        Self::Dead,
    ];

    /// The word, as in `pending`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Claimed => "claimed",
            Self::Waiting => "waiting",
            Self::Parked => "parked",
            Self::Dead => "dead",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where an effect stands, with what is known about that.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// See [`State::Pending`].
    Pending,
    /// See [`State::Claimed`].
    Claimed {
        /// The worker's number.
        worker: i64,
        /// Its name; [`None`] if no such worker is registered: its effects are taken over by another one.
        name: Option<String>,
    },
    /// See [`State::Waiting`].
    Waiting {
        /// When it is due, by the database's clock.
        due_at: SystemTime,
        /// Why, in a word: `retry`, `scheduled`.
        why: String,
    },
    /// See [`State::Parked`].
    Parked,
    /// See [`State::Dead`].
    Dead {
        /// When it was given up, by the database's clock.
        died_at: SystemTime,
        /// Why.
        why: String,
        /// Whether those behind it of its key wait until it is settled.
        blocks: bool,
    },
}

impl Status {
    /// The word for it.
    pub fn state(&self) -> State {
        match self {
            Self::Pending => State::Pending,
            Self::Claimed { .. } => State::Claimed,
            Self::Waiting { .. } => State::Waiting,
            Self::Parked => State::Parked,
            Self::Dead { .. } => State::Dead,
        }
    }

    /// What an operator is told who wanted something else, with the way out.
    pub(super) fn way_out(&self) -> String {
        match self {
            Self::Pending => {
                "is pending: it is delivered as soon as a worker has time, unless its receiver is paused".into()
            }
            Self::Claimed { worker, name } => format!(
                "is with worker {} (number {worker}): wait for its answer, or until it is taken for dead",
                name.as_deref().map_or_else(|| "that is gone".into(), |name| format!("\"{}\"", Visible(name)))
            ),
            Self::Waiting { .. } => "waits for its time: retry it now, or discard it".into(),
            Self::Parked => "is parked behind another one of its key: retry, skip or discard that one".into(),
            Self::Dead { .. } => "has become a dead letter just now: look at it, and try again".into(),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending | Self::Parked => self.state().fmt(f),
            Self::Claimed {
                name: Some(name), ..
            } => write!(f, "claimed by {}", Visible(name)),
            Self::Claimed { worker, name: None } => write!(f, "claimed by {worker}, who is gone"),
            Self::Waiting { why, .. } => write!(f, "waiting: {}", Visible(why)),
            Self::Dead { why, .. } => write!(f, "dead: {}", Visible(why)),
        }
    }
}
