//! What a handler answers. Pure.

use std::time::Duration;

/// The answer of a handler that did not fail. An error or a panic means: again later, and one attempt less.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is done; the effect is gone.
    Done,
    /// Not yet: again after this time. Uses up no attempt.
    RetryAfter(Duration),
    /// It will never work: to the dead letters, with the reason.
    Discard(String),
    /// Whatever it is sent to is not there: again later, without an attempt less. Several in a row open the breaker of
    /// the target, and nothing is tried until a single effect got through.
    Unavailable(String),
}

impl Outcome {
    /// To the dead letters, with the reason.
    pub fn discard(reason: impl Into<String>) -> Self {
        Self::Discard(reason.into())
    }

    /// The target is not there.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable(reason.into())
    }
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::Done
    }
}
