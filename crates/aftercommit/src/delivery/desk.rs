//! What a worker knows, and what it does next. Pure.
//!
//! The worker tells the desk what came of things and asks it for orders. All that can go wrong between processes is decided
//! here, and a simulator plays it in every order.
//!
//! ```text
//!            claimed, or handed over         started             answered
//!  (nobody's) ─────────────────────▶ queued ─────────▶ running ──────────▶ settling ──▶ gone
//!       ▲                               │                 │                    │
//!       └──── breaker open, drain ──────┘                 └──── lease lost ────┴──▶ counted, nothing changed
//! ```

mod answers;
mod steps;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::breaker::{Breaker, Moment};
use super::lifecycle::{self, Ended, Next};
use super::orders::{Order, Tally, Times};
use super::seat::{Seat, Service};
use super::standing::Standing;
use super::{Lease, Leased};
use crate::effect::Manner;

/// The most effects that are settled in one statement.
const MOST_SETTLED: usize = 500;

/// The most outcomes that are written down at a time, one by one: the pool is the service's as well.
const MOST_WRITTEN: usize = 4;

/// The most keys whose effects are parked after one claim.
const MOST_PARKED: usize = 4;

/// How many leases that were given back unknown are remembered.
const MOST_DISOWNED: usize = 1_000;

/// The wait before a statement that failed is sent again.
const AGAIN: Duration = Duration::from_millis(200);

/// See the [module](self).
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Desk {
    times: Times,
    seats: BTreeMap<Arc<str>, Seat>,
    breakers: HashMap<Arc<str>, Breaker>,
    /// What is running or being settled; without its payload.
    held: HashMap<Lease, Leased>,
    done: Vec<Lease>,
    settle_at: Moment,
    settling: bool,
    unwritten: Vec<(Leased, Next)>,
    write_at: Moment,
    writing: usize,
    standing: Standing,
    poll_at: Moment,
    maintaining: bool,
    rescue_at: Moment,
    rescuing: bool,
    compare_at: Moment,
    /// The one that runs while nothing else may.
    alone: Option<Lease>,
    /// The most handlers that run in a transaction at the same time.
    max_transactions: usize,
    /// Calls so far.
    turns: u64,
    parking: bool,
    /// What is to be parked, and unparked.
    followed: Vec<Order>,
    /// What the database had in this worker's name and nobody here knew of, and since when.
    strange: HashMap<Lease, Moment>,
    /// What was given back because of that: its hand-over may still come.
    disowned: VecDeque<Lease>,
    drain_until: Option<Moment>,
    finished: bool,
    pub(crate) tally: Tally,
}

impl Desk {
    pub(crate) fn new(times: Times) -> Self {
        let times = times.at_most_a_century();
        Self {
            times,
            seats: BTreeMap::new(),
            breakers: HashMap::new(),
            held: HashMap::new(),
            done: Vec::new(),
            settle_at: Moment::ZERO,
            settling: false,
            unwritten: Vec::new(),
            write_at: Moment::ZERO,
            writing: 0,
            standing: Standing::default(),
            poll_at: Moment::ZERO,
            maintaining: false,
            rescue_at: Moment::ZERO,
            rescuing: false,
            compare_at: times.lease,
            alone: None,
            max_transactions: usize::MAX,
            turns: 0,
            parking: false,
            followed: Vec::new(),
            strange: HashMap::new(),
            disowned: VecDeque::new(),
            drain_until: None,
            finished: false,
            tally: Tally::default(),
        }
    }

    /// No more handlers than this run in a transaction at the same time, whatever their receivers allow.
    pub(crate) fn with_transactions(mut self, max: usize) -> Self {
        self.max_transactions = max;
        self
    }

    /// Who is served from now on. What is in memory for others is let go of.
    pub(crate) fn serve(&mut self, posts: impl IntoIterator<Item = (Arc<str>, Manner)>) {
        let mut before = std::mem::take(&mut self.seats);
        // Whether they are paused is asked before they are served.
        self.poll_at = Moment::ZERO;
        for (name, mut manner) in posts {
            if manner.in_transaction {
                manner.concurrency = manner.concurrency.min(self.max_transactions);
            }
            let seat = match before.remove(&name) {
                Some(mut seat) => {
                    seat.manner = manner;
                    seat.connect();
                    seat
                }
                None => Seat::new(manner),
            };
            self.seats.insert(name, seat);
        }
        // Their handlers may still be running, or a claim may be under way.
        before.retain(|_, seat| seat.is_busy());
        for (name, mut seat) in before {
            seat.service = Service::Disconnected;
            self.seats.insert(name, seat);
        }
    }

    /// What to do now.
    pub(crate) fn orders(&mut self, now: Moment) -> Vec<Order> {
        let mut orders = Vec::new();
        if self.finished {
            return orders;
        }
        self.keep_standing(now, &mut orders);
        self.keep_house(now, &mut orders);
        self.let_go(now, &mut orders);
        self.start(now, &mut orders);
        // What stands behind a probe.
        self.let_go(now, &mut orders);
        self.claim(now, &mut orders);
        self.write_down(now, &mut orders);
        self.finish(now, &mut orders);
        orders
    }

    /// After the orders of `now`: when there may be something to do without anything being told. Always later than that, or the
    /// worker would turn round and round.
    pub(crate) fn wake_at(&self, now: Moment) -> Moment {
        let settle = (!self.done.is_empty() && !self.settling).then_some(self.settle_at);
        let writes = !self.unwritten.is_empty() && self.writing < MOST_WRITTEN;
        let write = writes.then_some(self.write_at);
        // One that is over has no effect to try: whoever brings one wakes the worker.
        let probes = self.breakers.values().filter_map(Breaker::opens_at);
        let probe = probes.filter(|at| *at > now).min();
        [
            self.wants_standing()
                .then(|| self.standing.wake_at())
                .flatten(),
            self.begins(now).and_then(|_| self.house_at()),
            settle,
            write,
            probe,
            self.drain_until,
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(Moment::MAX)
    }

    fn house_at(&self) -> Option<Moment> {
        let poll = (!self.maintaining).then_some(self.poll_at);
        let rescue = (!self.rescuing).then_some(self.rescue_at);
        [poll, rescue, Some(self.compare_at)]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whoever ends takes no new identity.
    fn wants_standing(&self) -> bool {
        self.drain_until.is_none() || self.standing.worker().is_some()
    }

    /// The identity in which something new may be begun.
    fn begins(&self, now: Moment) -> Option<i64> {
        let alive = self.standing.alive(now, &self.times);
        alive.filter(|_| self.drain_until.is_none())
    }

    /// The identity in which it works.
    pub(crate) fn identity(&self) -> Option<i64> {
        self.standing.worker()
    }

    /// What is cut off when it goes, and has a start that was written down: it did not kill its process, and its starts must
    /// not be taken for its process's deaths.
    pub(crate) fn cut_off(&self) -> Vec<Leased> {
        let noted = self
            .held
            .values()
            .filter(|leased| lifecycle::must_be_noted(leased.rescues));
        let answered = |lease: &Lease| {
            let mut unwritten = self.unwritten.iter();
            self.done.contains(lease) || unwritten.any(|(leased, _)| leased.lease == *lease)
        };
        noted
            .filter(|leased| !answered(&leased.lease))
            .cloned()
            .collect()
    }

    /// Stops: nothing new is begun, and what runs has until the end of the grace.
    pub(crate) fn drain(&mut self, now: Moment) {
        self.drain_until.get_or_insert(now + self.times.grace);
    }

    /// Who may be handed effects by commits of this process, and in whose name.
    pub(crate) fn welcomes(&self, now: Moment) -> Option<(i64, Vec<Arc<str>>)> {
        let worker = self.standing.alive(now, &self.times)?;
        let closed = Breaker::default();
        let welcome = self.seats.iter().filter(|(name, seat)| {
            let breaker = self.breakers.get(target(name, seat)).unwrap_or(&closed);
            seat.welcomes(breaker)
        });
        let names = welcome.map(|(name, _)| Arc::clone(name)).collect();
        self.drain_until.is_none().then_some((worker, names))
    }
}

fn target<'s>(name: &'s Arc<str>, seat: &'s Seat) -> &'s Arc<str> {
    seat.manner.target.as_ref().unwrap_or(name)
}

fn target_of(name: &str, manner: &Manner) -> Arc<str> {
    manner.target.clone().unwrap_or_else(|| Arc::from(name))
}

fn without_payload(leased: &Leased) -> Leased {
    Leased {
        payload: String::new(),
        lease: leased.lease,
        receiver: Arc::clone(&leased.receiver),
        key: leased.key.clone(),
        headers: None,
        history: leased.history.clone(),
        ..*leased
    }
}

#[cfg(test)]
mod tests;
