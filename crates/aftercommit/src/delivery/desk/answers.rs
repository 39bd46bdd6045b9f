//! What came of orders, and what the world has told. Pure.

use super::*;
use crate::delivery::orders::{Found, Search};

impl Desk {
    /// Answers [`Order::Register`]; the sign of life counts from `sent`.
    pub(crate) fn registered(&mut self, worker: Option<i64>, sent: Moment, now: Moment) {
        self.standing
            .registered(worker, sent + self.times.lease, now, AGAIN);
        self.woken();
    }

    /// Answers [`Order::Beat`]: whether the database still knows the worker, if it could say.
    pub(crate) fn beaten(&mut self, known: Option<bool>, sent: Moment, now: Moment) {
        self.standing
            .beaten(known, sent + self.times.lease, now, AGAIN);
        if known == Some(false) {
            // Taken for dead: others have what was not started.
            for seat in self.seats.values_mut() {
                seat.empty();
            }
        }
    }

    pub(crate) fn rescued(&mut self, rescued: Option<u64>) {
        self.rescuing = false;
        if rescued.is_some_and(|count| count > 0) {
            self.woken();
        }
    }

    /// Answers [`Order::Maintain`]: the names that are paused, if they could be read.
    pub(crate) fn maintained(&mut self, paused: Option<&[String]>, moved: bool) {
        self.maintaining = false;
        if let Some(paused) = paused {
            for (name, seat) in &mut self.seats {
                seat.pause(paused.iter().any(|paused| **paused == **name));
            }
        }
        if moved {
            self.woken();
            // There may be more.
            self.poll_at = Moment::ZERO;
        }
    }

    pub(crate) fn claimed(&mut self, receiver: &str, search: &Search, found: Option<Found>) {
        let worker = self.standing.worker();
        let Some((name, _)) = self.seats.get_key_value(receiver) else {
            return;
        };
        let name = Arc::clone(name);
        let Some(seat) = self.seats.get_mut(receiver) else {
            return;
        };
        let Some(mut found) = found else {
            seat.claim_failed();
            return;
        };
        let mut keys = std::mem::take(&mut found.blocked);
        keys.truncate(MOST_PARKED);
        if !keys.is_empty() && !self.parking {
            self.parking = true;
            let receiver = name;
            self.followed.push(Order::Park { receiver, keys });
        }
        found
            .taken
            .retain(|leased| Some(leased.lease.owner) == worker);
        seat.claimed(search, found);
    }

    /// Answers [`Order::Park`]: whether some need not have been parked.
    pub(crate) fn parked(&mut self, receiver: &str, freed: bool) {
        self.parking = false;
        if let (true, Some(seat)) = (freed, self.seats.get_mut(receiver)) {
            seat.wake();
        }
    }

    /// Effects that this process has just committed. Those that it cannot take are found by the next comparison.
    pub(crate) fn handed_over(&mut self, births: Vec<Leased>) {
        let worker = self.standing.worker();
        for leased in births {
            if self.disowned.contains(&leased.lease) {
                continue;
            }
            if let Some(seat) = self.seats.get_mut(&leased.receiver)
                && Some(leased.lease.owner) == worker
            {
                seat.push(leased);
            }
        }
    }

    /// There may be something to claim.
    pub(crate) fn woken(&mut self) {
        for seat in self.seats.values_mut() {
            seat.wake();
        }
    }

    /// There may be something to claim for these.
    pub(crate) fn woken_for(&mut self, receivers: &[Arc<str>]) {
        for receiver in receivers {
            if let Some(seat) = self.seats.get_mut(receiver) {
                seat.wake();
            }
        }
    }

    /// Answers [`Order::Run`]; `jitter` is in 0..1.
    pub(crate) fn ran(
        &mut self,
        receiver: &str,
        ended: Vec<(Lease, Ended)>,
        now: Moment,
        jitter: f64,
    ) -> bool {
        let mut opened = false;
        let Some(seat) = self.seats.get_mut(receiver) else {
            return false;
        };
        seat.running = seat.running.saturating_sub(1);
        let (retry, target) = (seat.manner.retry, target_of(receiver, &seat.manner));
        for (lease, ended) in ended {
            let Some(leased) = self.held.get(&lease).cloned() else {
                continue;
            };
            let breaker = self.breakers.entry(target.clone()).or_default();
            match lifecycle::signal(&ended) {
                Some(signal) => opened |= breaker.ended(signal, now, jitter),
                None => breaker.said_nothing(now),
            }
            match lifecycle::after_attempt(&ended, leased.failures, &retry, jitter) {
                Next::Done => self.done.push(lease),
                Next::Nothing => {
                    if ended == Ended::Lost {
                        self.tally.lost += 1;
                    } else {
                        self.tally.delivered += 1;
                    }
                    self.gone(lease);
                }
                next => self.unwritten.push((leased, next)),
            }
        }
        opened
    }

    /// Answers [`Order::Settle`]: how many leases were still held, if the database could say.
    pub(crate) fn settled(&mut self, leases: Vec<Lease>, settled: Option<u64>, now: Moment) {
        self.settling = false;
        let Some(settled) = settled else {
            self.done.extend(leases);
            self.settle_at = now + AGAIN;
            return;
        };
        self.tally.delivered += settled;
        self.tally.lost += (leases.len() as u64).saturating_sub(settled);
        for lease in leases {
            self.gone(lease);
        }
    }

    /// Answers [`Order::Write`]: whether the lease was still held, if the database could say.
    pub(crate) fn written(
        &mut self,
        leased: Leased,
        next: Next,
        written: Option<bool>,
        now: Moment,
    ) {
        self.writing = self.writing.saturating_sub(1);
        match (written, &next) {
            (None, _) => {
                self.write_at = now + AGAIN;
                self.unwritten.push((leased, next));
                return;
            }
            (Some(false), _) => self.tally.lost += 1,
            (Some(true), Next::Dead { .. }) => self.tally.died += 1,
            (Some(true), _) => self.tally.put_off += 1,
        }
        self.gone(leased.lease);
    }

    /// An effect is not this worker's any more. The next one of its key can be claimed, and those that stood behind it.
    fn gone(&mut self, lease: Lease) {
        // Not before its answer was recorded: until then a death would still count as its own.
        if self.alone == Some(lease) {
            self.alone = None;
        }
        let Some(leased) = self.held.remove(&lease) else {
            return;
        };
        let Some(key) = leased.key else {
            return;
        };
        if let Some(seat) = self.seats.get_mut(&leased.receiver) {
            seat.wake();
        }
        // Never failed and never moved: nothing can stand behind it.
        if lease.fence > 1 {
            self.followed.push(Order::Unpark {
                receiver: leased.receiver,
                key,
            });
        }
    }

    /// Answers [`Order::Compare`]: those of the database's leases that nobody here knows of, and did not an earlier time. One that
    /// is just being handed over is known the next time, and one whose claim is still to be answered is not judged.
    pub(crate) fn compared(&mut self, owned: Vec<Lease>, now: Moment) -> Vec<Lease> {
        let queued: HashSet<Lease> = self.seats.values().flat_map(Seat::leases).collect();
        let claiming = self.seats.values().filter_map(|seat| seat.claiming).min();
        let before = std::mem::take(&mut self.strange);
        let mut lost = Vec::new();
        for lease in owned {
            if self.held.contains_key(&lease) || queued.contains(&lease) {
                continue;
            }
            let since = before.get(&lease).copied();
            match since {
                Some(since) if claiming.is_none_or(|sent| sent > since) => lost.push(lease),
                _ => {
                    self.strange.insert(lease, since.unwrap_or(now));
                }
            }
        }
        self.disowned.extend(&lost);
        let surplus = self.disowned.len().saturating_sub(MOST_DISOWNED);
        self.disowned.drain(..surplus);
        lost
    }
}
