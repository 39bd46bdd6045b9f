//! What a worker hears of an errand: what came of it, or that nobody knows. Pure.

use super::errand::Errand;
use super::row::Row;
use crate::delivery::breaker::Moment;
use crate::delivery::lifecycle::{Ended, Next};
use crate::delivery::{Found, Lease, Leased, Outcome, Search};

/// What came of one.
#[derive(Clone, Debug)]
pub(super) enum Report {
    HandedOver(Row),
    Woken,
    Registered {
        worker: Option<i64>,
        sent: Moment,
    },
    Beaten {
        known: Option<bool>,
        sent: Moment,
    },
    Rescued(Option<u64>),
    Maintained {
        paused: Option<Vec<String>>,
        moved: bool,
    },
    Compared(Option<Vec<Lease>>),
    Parked {
        receiver: usize,
        freed: bool,
    },
    Claimed {
        receiver: usize,
        search: Search,
        found: Option<Found>,
    },
    /// Its start is noted, and its handler can be called.
    Begin {
        receiver: usize,
        call: Vec<Leased>,
    },
    Ran {
        receiver: usize,
        ended: Vec<(Lease, Ended)>,
    },
    Settled {
        leases: Vec<Lease>,
        settled: Option<u64>,
    },
    Written {
        leased: Leased,
        next: Next,
        written: Option<bool>,
    },
    Left,
    Over,
}

impl Errand {
    /// There was no answer, or an error.
    pub(super) fn fail(self) -> Report {
        match self {
            Self::Register { sent, .. } => Report::Registered { worker: None, sent },
            Self::Beat { sent, .. } => Report::Beaten { known: None, sent },
            Self::Rescue { .. } => Report::Rescued(None),
            Self::Maintain { .. } => Report::Maintained {
                paused: None,
                moved: false,
            },
            Self::Compare { owned, .. } => Report::Compared(owned),
            Self::Disown { .. } => Report::Woken,
            Self::Claim {
                receiver, search, ..
            } => Report::Claimed {
                receiver,
                search,
                found: None,
            },
            Self::Park {
                receiver, freed, ..
            } => Report::Parked { receiver, freed },
            Self::Note { receiver, call } => {
                let ended = Ended::Answered(Outcome::unavailable("not noted"));
                let ended = call.iter().map(|leased| (leased.lease, ended.clone()));
                let ended = ended.collect();
                Report::Ran { receiver, ended }
            }
            Self::Inside { receiver, lease } => {
                let ended = vec![(lease, Ended::Failed("in doubt".into()))];
                Report::Ran { receiver, ended }
            }
            Self::Settle { leases, .. } => Report::Settled {
                leases,
                settled: None,
            },
            Self::Write { leased, next } => Report::Written {
                leased,
                next,
                written: None,
            },
            Self::Leave { .. } => Report::Left,
            Self::Release { .. } | Self::Unpark { .. } | Self::Commit { .. } => Report::Over,
        }
    }
}
