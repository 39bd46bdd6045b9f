//! How much silence of another worker says nothing, because this one could not write either. Pure.
//!
//! A transaction that writes for a minute keeps every worker of an SQLite file from writing its heartbeat, and a server that is
//! away does the same to all of its workers. The first worker that can write again must not take the others for dead.

use std::collections::VecDeque;
use std::time::Duration;

use super::breaker::Moment;

/// The most heartbeats that are remembered.
const MAX_REMEMBERED: usize = 256;

/// When the heartbeats of this worker were written.
#[derive(Clone, Debug, Default)]
pub(super) struct Lockout {
    written: VecDeque<Moment>,
}

impl Lockout {
    pub(super) fn wrote(&mut self, now: Moment) {
        if self.written.len() == MAX_REMEMBERED {
            self.written.pop_front();
        }
        self.written.push_back(now);
    }

    /// The time, of that behind the last `lease` in which this worker could write, in which it could not.
    ///
    /// A heartbeat that came late counts for nothing: which worker was the first to write after a lock was chance.
    pub(super) fn uncounted(&self, now: Moment, lease: Duration, beat: Duration) -> Duration {
        let on_time = beat.saturating_add(beat / 2);
        let (mut counted, mut uncounted) = (Duration::ZERO, Duration::ZERO);
        let mut later = now;
        for earlier in self.written.iter().rev() {
            let gap = later.saturating_sub(*earlier);
            later = *earlier;
            if gap > on_time {
                uncounted = uncounted.saturating_add(gap);
                continue;
            }
            counted = counted.saturating_add(gap);
            if counted >= lease {
                return uncounted;
            }
        }
        uncounted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(20);
    const BEAT: Duration = Duration::from_secs(4);

    #[test]
    fn time_without_a_heartbeat_of_its_own_is_not_counted() {
        let cases: [(&str, &[u64], u64, u64); 8] = [
            ("never wrote", &[], 100, 0),
            ("always on time", &[0, 4, 8, 12, 16, 20, 24, 28], 30, 0),
            ("a little late", &[0, 5, 10, 15, 20, 26], 30, 0),
            ("locked out for 26 s", &[0, 4, 30], 30, 26),
            ("locked out now", &[0, 4, 8], 40, 32),
            ("locked out twice", &[0, 30, 34, 60], 61, 56),
            (
                "locked out again and again",
                &[0, 30, 60, 90, 120],
                120,
                120,
            ),
            ("long ago", &[0, 100, 104, 108, 112, 116, 120, 124], 124, 0),
        ];
        for (name, written, now, uncounted) in cases {
            let mut lockout = Lockout::default();
            for at in written {
                lockout.wrote(Duration::from_secs(*at));
            }
            assert_eq!(
                lockout.uncounted(Duration::from_secs(now), LEASE, BEAT),
                Duration::from_secs(uncounted),
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let mut lockout = Lockout::default();
        for at in 0..10_000 {
            lockout.wrote(Duration::from_secs(at * 100));
        }
        assert_eq!(lockout.written.len(), MAX_REMEMBERED);
    }
}
