//! What processes do in the simulated world: they start, work, call handlers, and end in one way or another.

use std::time::Duration;

use super::defects::Defect;
use super::errand::Errand;
use super::report::Report;
use super::row::number;
use super::schedule::Nature;
use super::worker::{State, Task};
use super::world::{Event, Own, World};
use crate::delivery::lifecycle::Ended;
use crate::delivery::{Lease, Leased, Outcome};

impl World {
    pub(super) fn step(&mut self, process: usize) {
        let one = &mut self.processes[process];
        if one.state != State::Working || one.frozen_until > self.now {
            return;
        }
        let orders = one.orders(
            &self.schedule.manners,
            &self.database,
            &mut self.judge,
            self.now,
        );
        for order in orders {
            self.serial += 1;
            let worker = self.serial.try_into().unwrap_or(i64::MAX);
            let names = &self.database.names;
            let task = self.processes[process].task(order, names, worker, self.now);
            match task {
                Task::Send(errand) => self.send(process, errand),
                Task::Call { receiver, call } => self.call(process, receiver, call),
                Task::Tell(report) => self.soon(process, Duration::ZERO, Own::Hear(report)),
                Task::Finish => return self.leave(process),
            }
        }
        let one = &mut self.processes[process];
        let chance = if self.rng.u8(0..16) == 0 {
            self.rng.f64()
        } else {
            1.0
        };
        one.check_wake_up(chance, &mut self.judge, self.now);
        let wake_at = one
            .born
            .saturating_add(one.desk.wake_at(one.local(self.now)));
        self.wake(process, wake_at);
    }

    pub(super) fn call(&mut self, process: usize, receiver: usize, call: Vec<Leased>) {
        let one = &mut self.processes[process];
        for leased in &call {
            let others: Vec<Leased> = one
                .running
                .iter()
                .map(|(_, leased)| leased.clone())
                .collect();
            self.judge.begun(leased, &others, &self.database);
            one.running.push((receiver, leased.clone()));
        }
        let busy = one.running.iter().filter(|(at, _)| *at == receiver).count();
        let manner = &self.schedule.manners[receiver];
        let (most, timeout) = (manner.concurrency * manner.batch, manner.timeout);
        self.judge
            .demand(busy <= most, || format!("{busy} run at a time"));
        if self.database.defect == Some(Defect::EarlySettle) {
            let leases: Vec<Lease> = call.iter().map(|leased| leased.lease).collect();
            let rest = leases.clone();
            self.send(
                process,
                Errand::Settle {
                    leases,
                    rest,
                    settled: 0,
                },
            );
        }
        let is_poison = |leased: &&Leased| {
            let nature = self.schedule.natures[number(leased.lease.id)];
            nature == Nature::Poison
        };
        if let Some(poison) = call.iter().find(is_poison) {
            let after = self.schedule.kills_after(&mut self.rng);
            return self.soon(process, after, Own::Die(poison.lease));
        }
        let end = |leased: &Leased| {
            let nature = self.schedule.natures[number(leased.lease.id)];
            let outage = self.schedule.is_out(receiver, self.now);
            (
                leased.lease,
                nature.ends(outage, self.healed, &mut self.rng),
            )
        };
        let ended: Vec<(Lease, Ended)> = call.iter().map(end).collect();
        let after = self.schedule.takes(&ended, timeout, &mut self.rng);
        self.soon(process, after, Own::Return { receiver, ended });
    }

    pub(super) fn come_from_handler(
        &mut self,
        process: usize,
        receiver: usize,
        ended: Vec<(Lease, Ended)>,
    ) {
        let done = Ended::Answered(Outcome::Done);
        for (lease, ended) in &ended {
            self.processes[process].returned(*lease);
            if *ended == done {
                self.judge.done(*lease);
            }
        }
        match ended.as_slice() {
            // The last receiver settles in its own transaction.
            [(lease, ended)] if receiver == 2 && *ended == done => {
                let lease = *lease;
                self.send(process, Errand::Inside { receiver, lease });
            }
            _ => self.hear(process, Report::Ran { receiver, ended }),
        }
    }

    pub(super) fn start(&mut self, process: usize) {
        if self.processes[process].state == State::Down && !self.ending {
            self.processes[process].start(self.schedule.times, vec![0, 1, 2], self.now);
            self.step(process);
        }
    }

    pub(super) fn kill(&mut self, process: usize, poison: Option<Lease>) {
        let one = &mut self.processes[process];
        if one.state == State::Down {
            return;
        }
        if let Some(lease) = poison {
            self.judge.killed(lease);
            self.judge.poisoned.extend(one.desk.identity());
        }
        one.end(State::Down);
        self.come_back(process);
    }

    pub(super) fn come_back(&mut self, process: usize) {
        let longest = if self.healed { 1_000 } else { 15_000 };
        let after = Duration::from_millis(self.rng.u64(0..longest));
        self.at(self.now + after, Event::Start(process));
    }

    pub(super) fn drain(&mut self, process: usize) {
        let one = &mut self.processes[process];
        if one.frozen_until > self.now {
            // It is not told before it goes on.
            let then = one.frozen_until;
            return self.at(then, Event::Drain(process));
        }
        if one.state == State::Working {
            let (local, now) = (one.local(self.now), self.now);
            one.desk.drain(local);
            one.drained_at.get_or_insert(now);
            self.step(process);
        }
    }

    pub(super) fn leave(&mut self, process: usize) {
        let one = &mut self.processes[process];
        let (drained_at, worker) = (one.drained_at.unwrap_or(self.now), one.desk.identity());
        let latest = drained_at.max(one.frozen_until) + self.schedule.times.grace;
        let in_time = self.now <= latest + Duration::from_millis(100);
        self.judge
            .demand(in_time, || "it drains for too long".into());
        let cut_off = one.desk.cut_off();
        one.end(State::Leaving);
        match worker {
            Some(worker) => self.send(
                process,
                Errand::Leave {
                    worker,
                    cut_off,
                    at: 0,
                },
            ),
            None => self.soon(process, Duration::ZERO, Own::Hear(Report::Left)),
        }
    }
}
