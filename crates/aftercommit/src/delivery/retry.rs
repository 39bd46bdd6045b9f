//! How often and when a failed effect is tried again. Pure.

use std::time::Duration;

/// When a failed effect is tried again, and when it is given up.
///
/// The wait before the n-th retry is a random time up to `first` × 2ⁿ⁻¹, at most `longest` ("full jitter", see
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>), so that what failed together does not come
/// back together. After `attempts` failures the effect is among the dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    pub(crate) attempts: u32,
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl Default for RetryPolicy {
    /// 20 attempts, from 1 second up to 1 hour: half a day on average.
    fn default() -> Self {
        Self {
            attempts: 20,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(3600),
        }
    }
}

impl RetryPolicy {
    /// The default, with this many attempts in all. At least one.
    pub fn attempts(attempts: u32) -> Self {
        Self {
            attempts: attempts.max(1),
            ..Self::default()
        }
    }

    /// The longest wait before the first retry.
    pub fn first(mut self, first: Duration) -> Self {
        self.first = first;
        self
    }

    /// The longest wait before any retry.
    pub fn longest(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// The wait after so many failures (from 1); `jitter` is in 0..1. `None`: given up.
    pub(crate) fn after(&self, failures: u32, jitter: f64) -> Option<Duration> {
        if failures >= self.attempts {
            return None;
        }
        let doubled = 1_u32 << failures.saturating_sub(1).min(30);
        let most = self.first.saturating_mul(doubled).min(self.longest);
        Some(most.mul_f64(jitter.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end() {
        let retry = RetryPolicy::attempts(5)
            .first(Duration::from_secs(2))
            .longest(Duration::from_secs(7));
        let waits: Vec<_> = (1..=5).map(|failures| retry.after(failures, 1.0)).collect();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(
            waits,
            [seconds(2), seconds(4), seconds(7), seconds(7), None]
        );
        assert_eq!(retry.after(1, 0.0), Some(Duration::ZERO));
    }

    #[test]
    fn a_single_attempt_is_not_repeated() {
        assert_eq!(RetryPolicy::attempts(0).after(1, 0.5), None);
    }
}
