//! Whether the others take this worker for alive. Pure.

use std::time::Duration;

use super::breaker::Moment;
use super::lockout::Lockout;
use super::orders::{Order, Times};

/// A worker that is not sure to be alive starts nothing: somebody else may have its effects.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Standing {
    worker: Option<i64>,
    /// Its last sign of life counts until then.
    until: Moment,
    lapsed: bool,
    /// An order is under way.
    asking: bool,
    next: Moment,
    lockout: Lockout,
}

impl Standing {
    /// The identity in which it works, alive or not.
    pub(super) fn worker(&self) -> Option<i64> {
        self.worker
    }

    /// Whether it is being registered, and so may have an identity already.
    pub(super) fn is_arriving(&self) -> bool {
        self.worker.is_none() && self.asking
    }

    /// The identity, if something may be begun in it now.
    pub(super) fn alive(&self, now: Moment, times: &Times) -> Option<i64> {
        self.worker.filter(|_| now + margin(times) < self.until)
    }

    /// Whether its sign of life has just become too old.
    pub(super) fn lapses(&mut self, now: Moment) -> bool {
        let lapsed = self.worker.is_some() && now >= self.until;
        let just = lapsed && !self.lapsed;
        self.lapsed = lapsed;
        just
    }

    pub(super) fn order(&mut self, now: Moment, times: &Times) -> Option<Order> {
        if self.asking || now < self.next {
            return None;
        }
        self.asking = true;
        self.next = now + times.beat;
        Some(match self.worker {
            None => Order::Register,
            Some(worker) => Order::Beat { worker },
        })
    }

    /// Silence of other workers that says nothing of them.
    pub(super) fn uncounted(&self, now: Moment, times: &Times) -> Duration {
        self.lockout.uncounted(now, times.lease, times.beat)
    }

    pub(super) fn registered(
        &mut self,
        worker: Option<i64>,
        until: Moment,
        now: Moment,
        again: Duration,
    ) {
        self.asking = false;
        match worker {
            Some(_) => {
                (self.worker, self.until) = (worker, until);
                self.lockout.wrote(now);
            }
            None => self.next = self.next.min(now + again),
        }
    }

    pub(super) fn beaten(
        &mut self,
        known: Option<bool>,
        until: Moment,
        now: Moment,
        again: Duration,
    ) {
        self.asking = false;
        match known {
            Some(true) => {
                self.until = until;
                self.lockout.wrote(now);
            }
            Some(false) => {
                self.worker = None;
                self.next = Moment::ZERO;
            }
            None => self.next = self.next.min(now + again),
        }
    }

    pub(super) fn wake_at(&self) -> Option<Moment> {
        let lapse = self.worker.map(|_| self.until).filter(|_| !self.lapsed);
        let ask = (!self.asking).then_some(self.next);
        [lapse, ask].into_iter().flatten().min()
    }
}

/// What is begun must have some time left.
fn margin(times: &Times) -> Duration {
    times.lease / 6
}
