//! An effect, in whichever table it is. Pure.

use std::sync::Arc;

use uuid::Uuid;

use crate::delivery::breaker::Moment;
use crate::delivery::{Lease, Leased};
use crate::effect::EffectId;

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) id: EffectId,
    pub(super) receiver: usize,
    pub(super) key: Option<u8>,
    pub(super) place: u32,
    pub(super) owner: Option<i64>,
    pub(super) fence: i64,
    pub(super) failures: u32,
    pub(super) starts: u32,
    pub(super) rescues: u32,
    /// In the table of those that wait; without it, it is parked.
    pub(super) due: Option<Moment>,
    /// Among the dead letters: it keeps its key's turn.
    pub(super) blocks: bool,
}

impl Row {
    /// An effect has a number, and an id that says nothing of when it is committed.
    pub(super) fn new(number: usize, chance: u32, receiver: usize, key: Option<u8>) -> Self {
        Self {
            id: Uuid::from_u128(u128::from(chance) << 8 | number as u128 | 1 << 64).into(),
            receiver,
            key,
            place: 0,
            owner: None,
            fence: 0,
            failures: 0,
            starts: 0,
            rescues: 0,
            due: None,
            blocks: false,
        }
    }

    pub(super) fn number(&self) -> usize {
        number(self.id)
    }

    pub(super) fn is_leased_as(&self, lease: Lease) -> bool {
        (self.id, self.owner, self.fence) == (lease.id, Some(lease.owner), lease.fence)
    }

    /// What whoever has the lease is told.
    pub(super) fn leased(&self, names: &[Arc<str>]) -> Leased {
        Leased {
            lease: Lease {
                id: self.id,
                owner: self.owner.unwrap_or_default(),
                fence: self.fence,
            },
            receiver: Arc::clone(&names[self.receiver]),
            key: self.key.map(|key| key.to_string()),
            version: 1,
            payload: String::new(),
            headers: None,
            created_at: 0,
            failures: self.failures,
            starts: self.starts,
            rescues: self.rescues,
            history: None,
        }
    }

    pub(super) fn is_before(&self, other: &Self) -> bool {
        self.key.is_some()
            && (self.receiver, self.key) == (other.receiver, other.key)
            && self.place < other.place
    }

    pub(super) fn free(&mut self) {
        self.owner = None;
        self.fence += 1;
    }
}

pub(super) fn number(id: EffectId) -> usize {
    usize::from(id.as_uuid().as_bytes()[15])
}
