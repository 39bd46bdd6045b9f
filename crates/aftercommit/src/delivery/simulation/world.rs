//! One seed is one schedule: who commits what and when, what fails, who is killed, paused or drained; and then a time without
//! faults, in which everything must come to its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use super::database::Database;
use super::defects::Defect;
use super::errand::{Errand, Then};
use super::judge::Judge;
use super::report::Report;
use super::schedule::{Nature, Schedule};
use super::worker::{Process, State};
use crate::delivery::Lease;
use crate::delivery::breaker::Moment;
use crate::delivery::lifecycle::Ended;

/// In a time without faults everything is done by then. Long, because after an outage each probe of the breaker, up to a minute
/// apart, may meet an effect that is hopeless, until its attempts are used up.
const TAIL: Duration = Duration::from_secs(900);

/// Something that happens at its moment.
#[derive(Debug)]
pub(super) enum Event {
    /// To a process, unless it is frozen; in its life.
    Own(usize, u32, Own),
    /// A statement takes effect. `doubt`: its answer is lost.
    Arrive {
        process: usize,
        life: u32,
        errand: Errand,
        doubt: bool,
    },
    Start(usize),
    Kill(usize),
    Freeze(usize, Duration),
    Drain(usize),
    Connect(usize, Vec<usize>),
    Send {
        process: usize,
        effect: usize,
    },
    Pause(Vec<usize>),
    Heal,
    /// An operator looks at the dead letters.
    LetPass,
}

#[derive(Debug)]
pub(super) enum Own {
    Wake,
    Send(Errand),
    Hear(Report),
    Return {
        receiver: usize,
        ended: Vec<(Lease, Ended)>,
    },
    Die(Lease),
}

/// See the [module](self).
#[derive(Debug)]
pub(super) struct World {
    pub(super) rng: Rng,
    pub(super) schedule: Schedule,
    pub(super) now: Moment,
    pub(super) database: Database,
    pub(super) judge: Judge,
    pub(super) processes: Vec<Process>,
    events: BTreeMap<(Moment, u64), Event>,
    steps: u64,
    pub(super) serial: u64,
    sent: usize,
    pub(super) healed: bool,
    pub(super) ending: bool,
}

/// Plays the schedule of a seed: how many steps it had, or what was violated.
pub(super) fn play(seed: u64, defect: Option<Defect>) -> Result<u64, String> {
    let mut rng = Rng::with_seed(seed);
    let schedule = Schedule::new(&mut rng);
    let poison = schedule
        .natures
        .iter()
        .map(|nature| *nature == Nature::Poison);
    let judge = Judge::new(poison);
    let names = ["plain", "batch", "inside"].map(Arc::from).to_vec();
    let processes = (0..schedule.processes)
        .map(|_| Process::new(schedule.times))
        .collect();
    let mut world = World {
        database: Database::new(names, defect),
        judge,
        processes,
        now: Moment::ZERO,
        events: BTreeMap::new(),
        steps: 0,
        serial: 0,
        sent: 0,
        healed: false,
        ending: false,
        schedule,
        rng,
    };
    let happenings = world.schedule.happenings(&mut world.rng);
    for (at, event) in happenings {
        world.at(at, event);
    }
    world.run();
    match world.judge.violation {
        None => Ok(world.steps),
        Some(violation) => Err(format!("at {:?}: {violation}", world.now)),
    }
}

impl World {
    fn run(&mut self) {
        while self.judge.violation.is_none() {
            let Some(((at, _), event)) = self.events.pop_first() else {
                break;
            };
            (self.now, self.steps) = (at, self.steps + 1);
            self.happen(event);
            if self.now > self.schedule.heals_at + TAIL {
                let Database {
                    effects, waiting, ..
                } = &self.database;
                let stuck = format!("stuck: {effects:?}, {waiting:?}, {:?}", self.processes);
                self.judge.demand(false, || stuck);
            }
            let clear = self.database.effects.is_empty() && self.database.waiting.is_empty();
            if self.healed && clear && self.sent == self.schedule.effects.len() && !self.ending {
                self.ending = true;
                (0..self.processes.len()).for_each(|process| self.drain(process));
            }
            if self.ending
                && self
                    .processes
                    .iter()
                    .all(|process| process.state == State::Down)
            {
                break;
            }
        }
        self.judge
            .demand(self.ending, || "it never came to its end".into());
        if self.schedule.calm {
            self.judge.end_of_calm();
        }
    }

    pub(super) fn at(&mut self, at: Moment, event: Event) {
        self.serial += 1;
        self.events.insert((at, self.serial), event);
    }

    pub(super) fn soon(&mut self, process: usize, after: Duration, own: Own) {
        let life = self.processes[process].life;
        self.at(self.now + after, Event::Own(process, life, own));
    }

    fn latency(&mut self) -> Duration {
        let slow = !self.healed && self.rng.u32(0..1000) < self.schedule.slow;
        Duration::from_millis(self.rng.u64(if slow { 100..5_000 } else { 1..40 }))
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Own(process, life, own) => self.own(process, life, own),
            Event::Arrive {
                process,
                life,
                errand,
                doubt,
            } => self.arrive(process, life, errand, doubt),
            Event::Start(process) => self.start(process),
            Event::Kill(process) => self.kill(process, None),
            Event::Freeze(process, time) => self.processes[process].freeze(self.now + time),
            Event::Drain(process) => self.drain(process),
            Event::Connect(process, posts) => {
                self.processes[process].posts = posts;
                self.step(process);
            }
            Event::Send { process, effect } => self.commit(process, effect),
            Event::Pause(receivers) => self.database.paused = receivers,
            Event::Heal => self.heal(),
            Event::LetPass => {
                self.database.let_pass();
                self.at(self.now + Duration::from_secs(5), Event::LetPass);
            }
        }
    }

    fn own(&mut self, process: usize, life: u32, own: Own) {
        let one = &mut self.processes[process];
        if one.life != life {
            return;
        }
        if one.frozen_until > self.now {
            let again = one.frozen_until + Duration::from_micros(self.rng.u64(0..5_000));
            self.at(again, Event::Own(process, life, own));
            return;
        }
        match own {
            // Another one came first.
            Own::Wake if one.wake_at > self.now => {}
            Own::Wake => {
                one.wake_at = Moment::MAX;
                self.step(process);
            }
            Own::Send(errand) => self.send(process, errand),
            Own::Hear(Report::Begin { receiver, call }) => self.call(process, receiver, call),
            Own::Hear(Report::Left) => {
                one.end(State::Down);
                self.come_back(process);
            }
            Own::Hear(report) => self.hear(process, report),
            Own::Return { receiver, ended } => self.come_from_handler(process, receiver, ended),
            Own::Die(poison) => self.kill(process, Some(poison)),
        }
    }

    pub(super) fn hear(&mut self, process: usize, report: Report) {
        let jitter = self.rng.f64();
        let errands = self.processes[process].hear(report, &self.database, self.now, jitter);
        errands
            .into_iter()
            .for_each(|errand| self.send(process, errand));
        if self.rng.u8(0..8) == 0 {
            // Others are heard first.
            let after = Duration::from_micros(self.rng.u64(0..20_000));
            self.wake(process, self.now + after);
        } else {
            self.step(process);
        }
    }

    pub(super) fn wake(&mut self, process: usize, at: Moment) {
        let one = &mut self.processes[process];
        if at < one.wake_at {
            one.wake_at = at;
            self.soon(process, at - self.now, Own::Wake);
        }
    }

    /// To the database, with whatever the way there does to it.
    pub(super) fn send(&mut self, process: usize, errand: Errand) {
        let trouble = !self.healed && self.rng.u32(0..1000) < self.schedule.trouble;
        let (after, doubt) = (self.latency(), trouble && self.rng.bool());
        let one = &mut self.processes[process];
        if matches!(errand, Errand::Beat { .. }) && (trouble || after > Duration::from_millis(40)) {
            one.hindered_at = self.now + after;
        }
        let life = one.life;
        if trouble && !doubt {
            self.soon(process, after, Own::Hear(errand.fail()));
        } else {
            self.at(
                self.now + after,
                Event::Arrive {
                    process,
                    life,
                    errand,
                    doubt,
                },
            );
        }
    }

    fn arrive(&mut self, process: usize, life: u32, errand: Errand, doubt: bool) {
        let is_there = self.processes[process].life == life;
        if !is_there && self.rng.bool() {
            // It was not sent after all.
            return;
        }
        let failed = doubt.then(|| errand.clone().fail());
        let lease = self.schedule.times.lease;
        let whole = self.rng.u8(0..4) > 0;
        let mut next = errand;
        let report = loop {
            let lives = |worker| {
                self.processes
                    .iter()
                    .any(|one| one.is_well(worker, self.now, lease))
            };
            match next.run(&mut self.database, &mut self.judge, lease, self.now, lives) {
                Then::Again(more) if whole && is_there && !doubt => next = more,
                Then::Again(more) => break Err(more),
                Then::Tell(report) => break Ok(report),
            }
        };
        self.judge.look_at(&self.database);
        if !is_there {
            return;
        }
        let after = self.latency();
        match (failed, report) {
            (Some(failed), _) => self.soon(process, after, Own::Hear(failed)),
            (None, Ok(report)) => self.soon(process, after, Own::Hear(report)),
            (None, Err(more)) => self.soon(process, after, Own::Send(more)),
        }
    }

    fn commit(&mut self, process: usize, effect: usize) {
        let (mut row, one) = (self.schedule.effects[effect], &self.processes[process]);
        self.sent += 1;
        if one.state != State::Down && one.frozen_until > self.now {
            self.sent -= 1;
            let again = one.frozen_until;
            return self.at(again, Event::Send { process, effect });
        }
        let name = &self.database.names[row.receiver];
        let welcomes = one
            .welcome
            .as_ref()
            .filter(|(_, names)| names.contains(name));
        let free = row.key.is_none() && row.due.is_none();
        row.owner = welcomes.filter(|_| free).map(|(worker, _)| *worker);
        row.due = row.due.map(|delay| self.now + delay);
        self.send(process, Errand::Commit { row });
    }

    fn heal(&mut self) {
        self.healed = true;
        self.database.paused.clear();
        for process in 0..self.processes.len() {
            self.processes[process].posts = vec![0, 1, 2];
            self.at(self.now, Event::Start(process));
        }
    }
}
