//! Stops trying a target that is not there. Pure.
//!
//! ```text
//!            enough failures in a row            the pause is over
//!   closed ───────────────────────────▶ open ───────────────────────▶ one probe
//!      ▲                                  ▲                              │   │
//!      │                                  └────────── it failed ─────────┘   │
//!      └──────────────────────────────── it got through ─────────────────────┘
//! ```

use std::time::Duration;

/// A moment, as the time since the worker's start.
pub(crate) type Moment = Duration;

/// The answers "not there" in a row that open it.
const UNAVAILABLE_IN_A_ROW: u32 = 5;

/// The failures of any kind in a row that open it: a target that is down seldom says so politely.
const FAILED_IN_A_ROW: u32 = 25;

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// See the [module](self).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Breaker {
    state: State,
    unavailable: u32,
    failed: u32,
    /// How often it opened without a success in between.
    opened: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    Open {
        until: Moment,
    },
    Probing,
}

/// How an attempt ended, for the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Through,
    Failed,
    Unavailable,
}

impl Breaker {
    /// How many attempts may begin now, at most `wanted`.
    pub(crate) fn allows(&self, wanted: usize, now: Moment) -> usize {
        match self.state {
            State::Closed => wanted,
            State::Open { until } if until <= now => wanted.min(1),
            State::Open { .. } | State::Probing => 0,
        }
    }

    /// An attempt began.
    pub(crate) fn began(&mut self) {
        if matches!(self.state, State::Open { .. }) {
            self.state = State::Probing;
        }
    }

    /// An attempt ended; `jitter` is in 0..1. `true` if this opened it.
    pub(crate) fn ended(&mut self, signal: Signal, now: Moment, jitter: f64) -> bool {
        match signal {
            Signal::Through => {
                *self = Self::default();
                return false;
            }
            Signal::Failed => self.failed += 1,
            Signal::Unavailable => {
                self.failed += 1;
                self.unavailable += 1;
            }
        }
        let many = self.unavailable >= UNAVAILABLE_IN_A_ROW || self.failed >= FAILED_IN_A_ROW;
        let opens = match self.state {
            State::Closed => many,
            State::Probing => true,
            State::Open { .. } => false,
        };
        if opens {
            let pause = SHORTEST_PAUSE
                .saturating_mul(1 << self.opened.min(10))
                .min(LONGEST_PAUSE);
            self.opened += 1;
            // At least half of the pause: a probe at once would be none.
            self.state = State::Open {
                until: now + pause.mul_f64(0.5 + jitter / 2.0),
            };
        }
        opens
    }

    /// An attempt ended and says nothing about the target: if it was the probe, another one may be tried.
    pub(crate) fn said_nothing(&mut self, now: Moment) {
        if self.state == State::Probing {
            self.state = State::Open { until: now };
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// When a probe may be tried.
    pub(crate) fn opens_at(&self) -> Option<Moment> {
        match self.state {
            State::Open { until } => Some(until),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 1..UNAVAILABLE_IN_A_ROW {
            assert!(!breaker.ended(Signal::Unavailable, SECOND, 1.0));
        }
        assert!(breaker.ended(Signal::Unavailable, SECOND, 1.0));
        breaker
    }

    #[test]
    fn a_target_that_is_not_there_is_left_alone() {
        let breaker = opened();
        assert_eq!(breaker.allows(100, SECOND), 0);
        assert_eq!(breaker.allows(100, SECOND * 2), 1, "one probe");
    }

    #[test]
    fn one_probe_at_a_time_decides() {
        let mut breaker = opened();
        breaker.began();
        assert_eq!(breaker.allows(100, SECOND * 9), 0);
        assert!(breaker.ended(Signal::Unavailable, SECOND * 9, 1.0));
        assert_eq!(breaker.opens_at(), Some(SECOND * 11), "the pause doubles");
        breaker.began();
        assert!(!breaker.ended(Signal::Through, SECOND * 12, 1.0));
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn a_probe_that_says_nothing_is_not_the_last() {
        let mut breaker = opened();
        breaker.began();
        breaker.said_nothing(SECOND * 3);
        assert_eq!(breaker.allows(100, SECOND * 3), 1);
    }

    #[test]
    fn late_answers_do_not_lengthen_the_pause() {
        let mut breaker = opened();
        let until = breaker.opens_at();
        assert!(!breaker.ended(Signal::Unavailable, SECOND * 9, 1.0));
        assert_eq!(breaker.opens_at(), until);
    }

    #[test]
    fn a_success_in_between_keeps_it_closed() {
        let mut breaker = Breaker::default();
        for _ in 0..100 {
            assert!(!breaker.ended(Signal::Failed, SECOND, 1.0));
            assert!(!breaker.ended(Signal::Through, SECOND, 1.0));
        }
        assert!(breaker.is_closed());
    }
}
