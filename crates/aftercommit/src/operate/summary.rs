//! An effect as an operator sees it. Pure.

use std::fmt;
use std::time::SystemTime;

use super::{Status, Visible};
use crate::delivery::Attempt;
use crate::effect::{EffectId, Headers};

/// An effect in a list: everything but what it carries, which may be anybody's secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The same for every repeat.
    pub id: EffectId,
    /// Whom it is for.
    pub receiver: String,
    /// The key of its order.
    pub key: Option<String>,
    /// Its place among those of its key; the lower one is delivered first.
    pub place: Option<i64>,
    /// The version of its payload's form.
    pub version: u32,
    /// How many bytes its payload has.
    pub bytes: u64,
    /// When it was written down, by the database's clock.
    pub created_at: SystemTime,
    /// Attempts that failed, since the last retry by an operator.
    pub failures: u32,
    /// Where it stands.
    pub status: Status,
}

impl fmt::Display for Summary {
    /// One line, safe for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.id, Visible(&self.receiver))?;
        if let Some(key) = &self.key {
            write!(f, " (key {})", Visible(key))?;
        }
        write!(f, ", {}", self.status)
    }
}

/// An effect with all that is known about it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detail {
    /// What a list has of it.
    pub summary: Summary,
    /// The signal, as JSON.
    pub payload: String,
    /// What travels with it.
    pub headers: Headers,
    /// The attempts that did not end well: the first one and the last ones.
    pub attempts: Vec<Attempt>,
    /// Starts that were noted because a process had died with it.
    pub starts: u32,
    /// How often it was taken from a worker that had died.
    pub rescues: u32,
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the payload and the headers: they may be anybody's secrets.
        f.debug_struct("Detail")
            .field("summary", &self.summary)
            .field("attempts", &self.attempts.len())
            .finish_non_exhaustive()
    }
}
