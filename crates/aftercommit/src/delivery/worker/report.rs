//! What the errands, the commits and the other processes tell a worker.

use std::sync::Arc;
use std::time::Duration;

use crate::delivery::lifecycle::{Ended, Next};
use crate::delivery::{Found, Lease, Leased, Search};

/// What came of an order.
pub(crate) enum Report {
    HandedOver(Vec<Leased>),
    /// There may be something to claim, for these receivers if that is known.
    Woken(Option<Vec<Arc<str>>>),
    Registered {
        worker: Option<i64>,
        sent: Duration,
    },
    Beaten {
        known: Option<bool>,
        sent: Duration,
    },
    Rescued(Option<u64>),
    Maintained {
        paused: Option<Vec<String>>,
        moved: bool,
    },
    Compared {
        owned: Option<Vec<Lease>>,
    },
    Claimed {
        receiver: Arc<str>,
        search: Search,
        found: Option<Found>,
    },
    Parked {
        receiver: Arc<str>,
        freed: bool,
    },
    Ran {
        receiver: Arc<str>,
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
    /// Nothing to tell.
    Over,
}
