//! An effect that this process has the lease of. Pure.

use std::fmt;
use std::sync::Arc;

use crate::effect::EffectId;

/// The lease itself: who has it, and its fencing number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lease {
    pub(crate) id: EffectId,
    pub(crate) owner: i64,
    pub(crate) fence: i64,
}

/// An effect with its lease.
#[derive(Clone)]
pub(crate) struct Leased {
    pub(crate) lease: Lease,
    pub(crate) receiver: Arc<str>,
    pub(crate) key: Option<String>,
    pub(crate) version: u32,
    pub(crate) payload: String,
    /// As JSON.
    pub(crate) headers: Option<String>,
    /// Microseconds since 1970.
    pub(crate) created_at: i64,
    pub(crate) failures: u32,
    pub(crate) starts: u32,
    pub(crate) rescues: u32,
    /// As JSON.
    pub(crate) history: Option<String>,
}

impl fmt::Debug for Leased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the payload: it may be anybody's secrets.
        f.debug_struct("Leased")
            .field("lease", &self.lease)
            .field("receiver", &self.receiver)
            .finish_non_exhaustive()
    }
}
