//! What becomes of an effect after an attempt, or before one. Pure.

use std::time::Duration;

use super::breaker::Signal;
use super::{Outcome, RetryPolicy};

/// Starts after which an effect whose process always died is set aside.
pub(crate) const MOST_STARTS: u32 = 3;

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The handler answered.
    Answered(Outcome),
    /// It failed or panicked, and said this.
    Failed(String),
    /// It took longer than it may.
    TimedOut(Duration),
    /// The payload is of another form than the handler's: trying again changes nothing.
    Unreadable(String),
    /// The payload is of a newer form than the handler's: a process of the next release can read it.
    TooNew(String),
    /// Its task was dropped before the handler answered: the runtime of the application ends.
    CutOff,
    /// It was settled in the handler's own transaction.
    Settled,
    /// Its lease was found to be lost before it began, or in the handler's own transaction.
    Lost,
}

/// What must be written down now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is gone.
    Done,
    /// It waits; `failed` says why, and whether that used up an attempt.
    Wait {
        after: Duration,
        why: String,
        counts: bool,
    },
    /// It is a dead letter.
    Dead { why: String },
    /// Somebody else decides, or has decided.
    Nothing,
}

impl Next {
    /// Of an effect whose worker ends before its handler does.
    pub(crate) fn cut_off() -> Self {
        Self::Wait {
            after: Duration::ZERO,
            why: "its worker ended".into(),
            counts: false,
        }
    }
}

/// The wait of an effect whose target is not there, before jitter.
const UNAVAILABLE: Duration = Duration::from_secs(10);

/// After an attempt. `failures` are those before it; `jitter` is in 0..1.
pub(crate) fn after_attempt(
    ended: &Ended,
    failures: u32,
    retry: &RetryPolicy,
    jitter: f64,
) -> Next {
    let failed = |why: String| match retry.after(failures + 1, jitter) {
        Some(after) => Next::Wait {
            after,
            why,
            counts: true,
        },
        None => Next::Dead {
            why: format!("gave up after {} attempts: {why}", failures + 1),
        },
    };
    match ended {
        Ended::Answered(Outcome::Done) => Next::Done,
        Ended::Answered(Outcome::RetryAfter(after)) => Next::Wait {
            after: *after,
            why: "the receiver asked for a later time".into(),
            counts: false,
        },
        Ended::Answered(Outcome::Discard(why)) => Next::Dead {
            why: format!("discarded by the receiver: {why}"),
        },
        Ended::Answered(Outcome::Unavailable(why)) => Next::Wait {
            after: UNAVAILABLE.mul_f64(0.5 + jitter / 2.0),
            why: format!("the target is not there: {why}"),
            counts: false,
        },
        Ended::Failed(why) => failed(why.clone()),
        Ended::TimedOut(limit) => failed(format!("took longer than {limit:?}")),
        Ended::Unreadable(why) => Next::Dead { why: why.clone() },
        Ended::TooNew(why) => Next::Wait {
            after: UNAVAILABLE.mul_f64(0.5 + jitter / 2.0),
            why: why.clone(),
            counts: false,
        },
        Ended::CutOff => Next::cut_off(),
        Ended::Settled | Ended::Lost => Next::Nothing,
    }
}

/// What an attempt says about its target.
pub(crate) fn signal(ended: &Ended) -> Option<Signal> {
    match ended {
        Ended::Answered(Outcome::Unavailable(_)) | Ended::TimedOut(_) => Some(Signal::Unavailable),
        Ended::Failed(_) => Some(Signal::Failed),
        Ended::Answered(_) | Ended::Settled => Some(Signal::Through),
        Ended::Unreadable(_) | Ended::TooNew(_) | Ended::CutOff | Ended::Lost => None,
    }
}

/// How often an effect is known to have been started, of `starts` that were written down before they happened.
///
/// The first start is not written down, because nearly every effect has just that one. An effect that was taken from a dead
/// process may have been started there.
pub(crate) fn known_starts(starts: u32, rescues: u32) -> u32 {
    starts + rescues.min(1)
}

/// Whether a start must be written down before it happens: the effect was taken from a dead process.
pub(crate) fn must_be_noted(rescues: u32) -> bool {
    rescues > 0
}

/// Whether it must be the only one that runs in this process: processes died while it ran, and it is to be found out whether
/// it was this one's fault.
pub(crate) fn must_be_alone(starts: u32, rescues: u32) -> bool {
    starts > 0 && rescues > starts
}

/// Whether it is not started any more, and why.
pub(crate) fn set_aside(starts: u32, rescues: u32) -> Option<String> {
    let known = known_starts(starts, rescues);
    (known >= MOST_STARTS && rescues > starts).then(|| {
        format!("set aside: the process that ran it died {known} times before it had an answer")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(ended: Ended, failures: u32) -> Next {
        after_attempt(&ended, failures, &RetryPolicy::attempts(3), 1.0)
    }

    #[test]
    fn an_error_waits_and_is_given_up_in_the_end() {
        let failed = || Ended::Failed("no".into());
        assert!(matches!(
            after(failed(), 0),
            Next::Wait { counts: true, .. }
        ));
        assert!(matches!(
            after(failed(), 1),
            Next::Wait { counts: true, .. }
        ));
        assert_eq!(
            after(failed(), 2),
            Next::Dead {
                why: "gave up after 3 attempts: no".into()
            }
        );
    }

    #[test]
    fn an_outage_and_a_wish_use_up_no_attempt() {
        for outcome in [
            Outcome::unavailable("down"),
            Outcome::RetryAfter(Duration::from_secs(5)),
        ] {
            let next = after(Ended::Answered(outcome), 1_000);
            assert!(matches!(next, Next::Wait { counts: false, .. }), "{next:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_tried_again() {
        assert!(matches!(
            after(Ended::Unreadable("DECODE_FAILED".into()), 0),
            Next::Dead { .. }
        ));
    }

    #[test]
    fn an_effect_that_kills_its_process_has_three_starts() {
        // Died in its first, unnoted start; then noted starts, each followed by a rescue.
        assert_eq!(set_aside(0, 1), None);
        assert_eq!(set_aside(1, 2), None);
        assert!(set_aside(2, 3).is_some());
    }

    #[test]
    fn a_bystander_is_not_set_aside() {
        for rescues in 0..100 {
            assert_eq!(set_aside(0, rescues), None, "{rescues}");
            // It ran once beside the culprit; the next time it would have to be alone.
            assert_eq!(set_aside(1, rescues), None, "{rescues}");
        }
        assert!(must_be_noted(1) && !must_be_alone(0, 1) && must_be_alone(1, 2));
    }

    #[test]
    fn who_came_back_from_a_start_is_not_set_aside() {
        // Two noted starts that ended with an error, then one rescue too many for another one's fault.
        assert_eq!(set_aside(2, 1), None);
    }
}
