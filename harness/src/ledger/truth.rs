//! What the database says when all is over. Pure.

use std::collections::BTreeMap;
use std::fmt;

/// The end of a run as it stands in the database.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// The tokens in the business table, with the number of effects that belong to each.
    pub committed: BTreeMap<String, u32>,
    /// The effects that were not delivered, or of which the database does not know it.
    pub left: Vec<Left>,
}

/// An effect that is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Which one.
    pub which: Which,
    /// What it is waiting for.
    pub state: State,
}

/// Why an effect is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It may be delivered at any moment.
    Pending,
    /// Somebody delivers it, its next attempt is later, or another of its key comes first.
    Waiting,
    /// An operator has set it aside.
    Parked,
    /// It was given up.
    Dead,
}

impl State {
    /// Whether nothing moves it any more but an operator.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Parked | Self::Dead)
    }
}

/// One effect of a transaction, known without its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Which {
    /// The transaction.
    pub token: String,
    /// Which of its effects, from 0.
    pub index: u32,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.token, self.index)
    }
}

impl Truth {
    /// Whether a committed transaction has sent this effect.
    pub(super) fn has(&self, which: &Which) -> bool {
        let effects = self.committed.get(&which.token);
        effects.is_some_and(|effects| which.index < *effects)
    }

    /// Each effect that a committed transaction has sent.
    pub(super) fn sent(&self) -> impl Iterator<Item = Which> {
        self.committed.iter().flat_map(|(token, effects)| {
            (0..*effects).map(|index| Which {
                token: token.clone(),
                index,
            })
        })
    }
}
