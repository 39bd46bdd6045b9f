//! What an effect is known by.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The id of an effect: a UUID of version 7, the same for every repeat.
///
/// A receiver that must not do a thing twice hands it on: as a Message-ID, an idempotency key, a document's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId(Uuid);

impl EffectId {
    /// Lower than every id that is given.
    pub(crate) const LOWEST: Self = Self(Uuid::nil());

    /// A new one, in the order of this process's time.
    pub(crate) fn now() -> Self {
        Self(Uuid::now_v7())
    }

    /// As a UUID.
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for EffectId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl FromStr for EffectId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
