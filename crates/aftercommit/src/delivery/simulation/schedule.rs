//! What happens in the schedule of a seed: who commits what and when, what fails, and who is killed, frozen or drained.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use super::row::Row;
use super::world::Event;
use crate::delivery::breaker::Moment;
use crate::delivery::lifecycle::Ended;
use crate::delivery::orders::Times;
use crate::delivery::{Lease, Outcome, RetryPolicy};
use crate::effect::Manner;

/// What kind of effect it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Good,
    /// Now and then something is wrong with it.
    Moody,
    Hopeless,
    Unreadable,
    Poison,
}

impl Nature {
    /// How an attempt ends.
    pub(super) fn ends(self, outage: bool, healed: bool, rng: &mut Rng) -> Ended {
        let answered = |outcome| Ended::Answered(outcome);
        match self {
            Self::Unreadable => Ended::Unreadable("unreadable".into()),
            _ if outage && !healed => answered(Outcome::unavailable("an outage")),
            Self::Hopeless => Ended::Failed("hopeless".into()),
            Self::Moody if !healed => match rng.u8(0..10) {
                0..=2 => Ended::Failed("moody".into()),
                3 => answered(Outcome::RetryAfter(seconds(rng.f64() * 5.0))),
                4 => answered(Outcome::unavailable("moody")),
                5 => answered(Outcome::discard("moody")),
                6 => Ended::TimedOut(Duration::ZERO),
                _ => answered(Outcome::Done),
            },
            Self::Good | Self::Moody | Self::Poison => answered(Outcome::Done),
        }
    }
}

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Schedule {
    /// Nothing goes wrong but handlers.
    pub(super) calm: bool,
    pub(super) times: Times,
    pub(super) processes: usize,
    pub(super) effects: Vec<Row>,
    pub(super) natures: Vec<Nature>,
    pub(super) manners: Vec<Manner>,
    pub(super) heals_at: Moment,
    /// Of a thousand statements, so many fail or are slow.
    pub(super) trouble: u32,
    pub(super) slow: u32,
    /// Handlers take up to so long.
    longest: Duration,
    outage: Option<(usize, Moment, Moment)>,
}

impl Schedule {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let calm = rng.u8(0..4) == 0;
        let lease = seconds([8.0, 12.0, 20.0][rng.usize(0..3)]);
        let times = Times {
            lease,
            beat: lease / 5,
            poll: seconds([2.0, 5.0, 20.0][rng.usize(0..3)]),
            rescue: lease / 5,
            grace: seconds(rng.f64() * 8.0),
        };
        let heals_at = seconds(5.0 + rng.f64() * 40.0);
        let (mut effects, mut natures) = (Vec::new(), Vec::new());
        let keys = rng.u8(0..4);
        let worst = rng.u8(0..3);
        for number in 0..rng.usize(1..=12) {
            let key = (keys > 0 && rng.bool()).then(|| rng.u8(0..keys));
            let mut row = Row::new(number, rng.u32(..), rng.usize(0..3), key);
            row.due = (rng.u8(0..8) == 0).then(|| seconds(rng.f64() * 20.0));
            effects.push(row);
            natures.push(match rng.u8(0..12) {
                0 if worst > 1 && !calm => Nature::Poison,
                1 if worst > 0 => Nature::Hopeless,
                2 if worst > 0 => Nature::Unreadable,
                3..=5 => Nature::Moody,
                _ => Nature::Good,
            });
        }
        let one_target = rng.bool().then(|| Arc::from("target"));
        let manner = |concurrency, batch| Manner {
            retry: RetryPolicy::attempts(4).longest(seconds(4.0)),
            timeout: seconds(12.0),
            concurrency,
            batch,
            target: one_target.clone(),
            ..Manner::default()
        };
        let often = |rng: &mut Rng, rates: [u32; 3]| if calm { 0 } else { rates[rng.usize(0..3)] };
        Self {
            calm,
            times,
            processes: rng.usize(1..=4),
            effects,
            natures,
            manners: vec![manner(2, 1), manner(1, 3), manner(2, 1)],
            heals_at,
            trouble: often(rng, [0, 10, 150]),
            slow: often(rng, [0, 10, 150]),
            longest: seconds([0.05, 2.0, 12.0][rng.usize(0..3)]),
            outage: (rng.u8(0..3) == 0).then(|| {
                let from = heals_at.mul_f64(rng.f64());
                (rng.usize(0..3), from, from + seconds(rng.f64() * 60.0))
            }),
        }
    }

    pub(super) fn is_out(&self, receiver: usize, now: Moment) -> bool {
        let shared = self.manners[receiver].target.is_some();
        let out = |(one, from, to)| (shared || one == receiver) && (from..to).contains(&now);
        self.outage.is_some_and(out)
    }

    /// How long it takes a poison effect to kill.
    pub(super) fn kills_after(&self, rng: &mut Rng) -> Duration {
        self.longest.mul_f64(rng.f64())
    }

    /// How long a call takes.
    pub(super) fn takes(
        &self,
        ended: &[(Lease, Ended)],
        timeout: Duration,
        rng: &mut Rng,
    ) -> Duration {
        let late = |(_, ended): &(Lease, Ended)| matches!(ended, Ended::TimedOut(_));
        if ended.iter().any(late) {
            timeout
        } else {
            self.longest.mul_f64(rng.f64())
        }
    }

    /// What happens from outside.
    pub(super) fn happenings(&self, rng: &mut Rng) -> Vec<(Moment, Event)> {
        let mut events = Vec::new();
        let when = |rng: &mut Rng| self.heals_at.mul_f64(rng.f64());
        let who = |rng: &mut Rng| rng.usize(0..self.processes);
        for process in 0..self.processes {
            events.push((seconds(rng.f64() * 3.0), Event::Start(process)));
        }
        let together = (rng.u8(0..3) == 0).then(|| when(rng));
        for effect in 0..self.effects.len() {
            let at = together.unwrap_or_else(|| when(rng));
            events.push((
                at,
                Event::Send {
                    process: who(rng),
                    effect,
                },
            ));
        }
        events.push((self.heals_at, Event::Heal));
        events.push((self.heals_at + seconds(5.0), Event::LetPass));
        let at_most = |rng: &mut Rng, most: u32| if self.calm { 0 } else { rng.u32(0..=most) };
        for _ in 0..at_most(rng, 4) {
            events.push((when(rng), Event::Kill(who(rng))));
        }
        for _ in 0..at_most(rng, 3) {
            let time = self.times.lease.mul_f64(rng.f64() * 3.0);
            events.push((when(rng), Event::Freeze(who(rng), time)));
        }
        for _ in 0..at_most(rng, 4) {
            events.push((when(rng), Event::Drain(who(rng))));
        }
        for _ in 0..at_most(rng, 1) {
            let (at, process) = (when(rng), who(rng));
            events.push((at, Event::Connect(process, vec![rng.usize(0..3)])));
            events.push((at + when(rng), Event::Connect(process, vec![0, 1, 2])));
        }
        if rng.u8(0..4) == 0 {
            let at = when(rng);
            events.push((at, Event::Pause(vec![rng.usize(0..3)])));
            events.push((at + when(rng), Event::Pause(Vec::new())));
        }
        events
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}
