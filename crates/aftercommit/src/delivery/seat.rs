//! What a worker has to do for one receiver. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use super::breaker::{Breaker, Moment};
use super::lifecycle::{must_be_alone, must_be_noted, set_aside};
use super::orders::{Found, Search, Walk};
use super::{Lease, Leased};
use crate::effect::{EffectId, Manner};

/// How long a claim may begin where the last one ended before it looks at everything again.
const FULL_SCAN: Duration = Duration::from_secs(1);

/// The most effects that wait in memory for one receiver.
const MOST_QUEUED: usize = 1_000;

/// Whether effects are delivered to a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Open,
    /// By an operator.
    Paused,
    /// The last of its calls are running.
    Disconnected,
}

/// See the [module](self).
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Seat {
    pub(super) manner: Manner,
    /// Leased and not started.
    queue: VecDeque<Leased>,
    /// Calls of the handler that have not returned.
    pub(super) running: usize,
    /// When the last of them began, counted in calls of the worker.
    pub(super) turn: u64,
    /// Since when a claim is under way.
    pub(super) claiming: Option<Moment>,
    /// There may be something to claim.
    hungry: bool,
    /// It became so after the claims had begun with the first key.
    woken: bool,
    pub(super) service: Service,
    /// Below this id nothing was found a moment ago.
    low: EffectId,
    scanned_at: Option<Moment>,
    /// The key with which the next claim begins.
    key: String,
    /// When a claim last began with the first key.
    begun_at: Option<Moment>,
    /// Since claims began with the first key, one has taken something.
    found: bool,
    keyed_first: bool,
}

impl Seat {
    pub(super) fn new(manner: Manner) -> Self {
        Self {
            manner,
            queue: VecDeque::new(),
            running: 0,
            turn: 0,
            claiming: None,
            hungry: true,
            woken: false,
            // Until the database has been asked.
            service: Service::Paused,
            low: EffectId::LOWEST,
            scanned_at: None,
            key: String::new(),
            begun_at: None,
            found: false,
            keyed_first: false,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.service == Service::Open
    }

    /// It is served, again.
    pub(super) fn connect(&mut self) {
        if self.service == Service::Disconnected {
            self.service = Service::Paused;
        }
    }

    /// What an operator wants.
    pub(super) fn pause(&mut self, paused: bool) {
        self.service = match self.service {
            Service::Disconnected => Service::Disconnected,
            _ if paused => Service::Paused,
            _ => Service::Open,
        };
    }

    /// How many it wants in memory: enough to be busy for two rounds.
    fn target(&self) -> usize {
        if self.manner.concurrency == 0 {
            return 0;
        }
        let round = self.manner.concurrency.saturating_mul(self.manner.batch);
        round.saturating_mul(2).clamp(16, MOST_QUEUED)
    }

    /// Whether something is still to be heard of it.
    pub(super) fn is_busy(&self) -> bool {
        self.running > 0 || self.claiming.is_some() || !self.queue.is_empty()
    }

    /// Whether a commit of this process may hand it effects.
    pub(super) fn welcomes(&self, breaker: &Breaker) -> bool {
        self.is_open() && breaker.is_closed() && self.queue.len() < self.target()
    }

    /// There may be something to claim.
    pub(super) fn wake(&mut self) {
        self.hungry = true;
        self.woken = true;
    }

    /// What to claim now; `None` for nothing.
    pub(super) fn claim(&mut self, breaker: &Breaker, now: Moment) -> Option<Search> {
        if !self.hungry || self.claiming.is_some() || !self.is_open() {
            return None;
        }
        let room = self.target().saturating_sub(self.queue.len());
        let limit = breaker.allows(room, now);
        // Few large claims rather than many small ones.
        if limit == 0 || (breaker.is_closed() && room < self.target() / 2) {
            return None;
        }
        let due = |at: Moment| now >= at + FULL_SCAN;
        if self.scanned_at.is_none_or(due) {
            self.low = EffectId::LOWEST;
        }
        if self.low == EffectId::LOWEST {
            self.scanned_at = Some(now);
        }
        if self.key.is_empty() {
            (self.woken, self.found) = (false, false);
        }
        // In between, too: where keys rise with time, a round may have no end.
        let begins = self.key.is_empty() || self.begun_at.is_none_or(due);
        if begins {
            self.begun_at = Some(now);
        }
        self.claiming = Some(now);
        self.keyed_first = !self.keyed_first;
        Some(Search {
            low: self.low,
            key: if begins {
                String::new()
            } else {
                self.key.clone()
            },
            keyed_first: self.keyed_first,
            limit,
        })
    }

    /// A claim was answered.
    pub(super) fn claimed(&mut self, search: &Search, found: Found) {
        self.claiming = None;
        let full = found.taken.len() >= search.limit;
        self.found |= !found.taken.is_empty();
        let more_keys = match found.walk {
            Walk::Unmade => true,
            Walk::UpTo(key) => {
                let in_between = search.key.is_empty() && !self.key.is_empty();
                if !in_between {
                    self.key = key;
                }
                true
            }
            Walk::Ended => {
                self.key.clear();
                // What was passed over before may be free by now.
                self.woken || (self.found && !search.key.is_empty())
            }
        };
        // A full answer says that there is more. An empty one may have begun too high.
        let too_high = found.taken.is_empty() && search.low != EffectId::LOWEST;
        self.hungry = full || more_keys || too_high;
        let free = found.taken.iter().filter(|leased| leased.key.is_none());
        let highest = free.map(|leased| leased.lease.id).max();
        self.low = match highest {
            Some(highest) if full => highest,
            _ => EffectId::LOWEST,
        };
        self.queue.extend(found.taken);
    }

    /// A claim failed.
    pub(super) fn claim_failed(&mut self) {
        self.claiming = None;
        self.hungry = false;
    }

    pub(super) fn push(&mut self, leased: Leased) {
        self.queue.push_back(leased);
    }

    /// Whether the next one may be started only while nothing else runs.
    pub(super) fn has_a_suspect(&self) -> bool {
        let suspect = |next: &Leased| {
            must_be_alone(next.starts, next.rescues)
                && set_aside(next.starts, next.rescues).is_none()
        };
        self.queue.front().is_some_and(suspect)
    }

    /// The next call of the handler. One that was taken from a dead process is a call of its own.
    pub(super) fn next(&mut self, breaker: &Breaker, now: Moment) -> Vec<Leased> {
        if self.running >= self.manner.concurrency || !self.is_open() {
            return Vec::new();
        }
        let limit = breaker.allows(self.manner.batch, now);
        let mut call: Vec<Leased> = Vec::new();
        while call.len() < limit {
            let Some(next) = self.queue.front() else {
                break;
            };
            let noted = must_be_noted(next.rescues);
            if noted && !call.is_empty() {
                break;
            }
            call.extend(self.queue.pop_front());
            if noted {
                break;
            }
        }
        call
    }

    /// Lets go of what has not been started.
    pub(super) fn empty(&mut self) -> Vec<Lease> {
        self.queue.drain(..).map(|leased| leased.lease).collect()
    }

    pub(super) fn leases(&self) -> impl Iterator<Item = Lease> + '_ {
        self.queue.iter().map(|leased| leased.lease)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests;
