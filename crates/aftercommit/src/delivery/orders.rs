//! What a desk orders, the times that it keeps, and what it counts. Pure.

use std::sync::Arc;
use std::time::Duration;

use super::lifecycle::Next;
use super::{Lease, Leased};
use crate::effect::EffectId;

/// The times that a worker keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// Without a sign of life for so long, a worker is taken for dead.
    pub(crate) lease: Duration,
    /// How often it gives one.
    pub(crate) beat: Duration,
    /// How often it looks for effects that nobody told it of.
    pub(crate) poll: Duration,
    /// How often it looks for the dead.
    pub(crate) rescue: Duration,
    /// How long it finishes what is running when it is asked to stop.
    pub(crate) grace: Duration,
}

impl Times {
    /// Nobody waits for a century, and moments that are this far away can be added without care.
    pub(super) fn at_most_a_century(self) -> Self {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
        Self {
            lease: self.lease.min(CENTURY),
            beat: self.beat.min(CENTURY),
            poll: self.poll.min(CENTURY),
            rescue: self.rescue.min(CENTURY),
            grace: self.grace.min(CENTURY),
        }
    }
}

/// What the worker is to do. Each order is answered with the method of the same name.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// Take a new identity.
    Register,
    Beat {
        worker: i64,
    },
    /// `uncounted`: silence of others that says nothing of them.
    Rescue {
        worker: i64,
        uncounted: Duration,
    },
    /// Move what is due; ask who is paused.
    Maintain,
    Compare {
        worker: i64,
    },
    Claim {
        worker: i64,
        receiver: Arc<str>,
        search: Search,
    },
    /// Call the handler. `noted`: the start is written down first.
    Run {
        receiver: Arc<str>,
        call: Vec<Leased>,
        noted: bool,
    },
    Settle {
        leases: Vec<Lease>,
    },
    Write {
        leased: Leased,
        next: Next,
    },
    /// Give back what was not started. Not answered.
    Release {
        leases: Vec<Lease>,
    },
    /// Put out of the way what stands behind failures of these keys.
    Park {
        receiver: Arc<str>,
        keys: Vec<String>,
    },
    /// Let those follow that stood behind a failure. Not answered.
    Unpark {
        receiver: Arc<str>,
        key: String,
    },
    /// Give back the leases that are left, and go.
    Finish,
}

/// What a claim looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Search {
    /// Effects without a key, above this id.
    pub(crate) low: EffectId,
    /// First effects of keys, from this key on.
    pub(crate) key: String,
    /// Which of the two comes first: in turns, because a receiver that was given a key, or lost it, may have both.
    pub(crate) keyed_first: bool,
    pub(crate) limit: usize,
}

/// What a claim has found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) taken: Vec<Leased>,
    /// Keys whose effects stand behind a failure, for a while.
    pub(crate) blocked: Vec<String>,
    pub(crate) walk: Walk,
}

/// How far a claim came with the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Walk {
    /// There was no room left.
    #[default]
    Unmade,
    /// There may be more from this key on.
    UpTo(String),
    Ended,
}

/// What a worker has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) delivered: u64,
    pub(crate) put_off: u64,
    pub(crate) died: u64,
    pub(crate) lost: u64,
}
