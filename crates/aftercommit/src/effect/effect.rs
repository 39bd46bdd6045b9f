//! An effect as it is written down. Pure.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What must follow a commit: for whom, and with what.
#[derive(Clone, PartialEq, Eq)]
pub struct Effect {
    /// The durable receiver that it is for.
    pub(crate) receiver: Arc<str>,
    /// Effects of one key are delivered one after another, in the order of their commits.
    pub(crate) key: Option<String>,
    /// While one with the same is pending, it takes this one's payload and there is no second.
    pub(crate) unique: Option<String>,
    /// How long after the commit it is due.
    pub(crate) delay: Option<Duration>,
    /// The version of the payload's form.
    pub(crate) version: u32,
    /// The signal as JSON.
    pub(crate) payload: String,
    /// What travels with it, such as the trace of the request.
    pub(crate) headers: Headers,
}

/// Names and values that travel with an effect: together at most [`MAX_HEADERS_BYTES`].
pub type Headers = Vec<(String, String)>;

/// The most bytes of all headers of one effect, names and values together.
pub const MAX_HEADERS_BYTES: usize = 16 * 1024;

/// The longest name or key, in bytes: what an index of MySQL holds of it.
pub(crate) const LONGEST_WORD: usize = 190;

impl Effect {
    /// The receiver's name.
    pub fn receiver(&self) -> &str {
        &self.receiver
    }

    /// The key of its order, if it has one.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The signal, as JSON.
    pub fn payload(&self) -> &str {
        &self.payload
    }

    /// How long after the commit it is due.
    pub fn delay(&self) -> Option<Duration> {
        self.delay
    }

    /// Whether it may be handed to a worker of this process without asking the database: one with a key waits for its
    /// turn, and one that others may join, or that is not due yet, stays where they find it.
    pub(crate) fn is_free(&self) -> bool {
        self.key.is_none() && self.unique.is_none() && self.delay.is_none()
    }
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The payload may be anybody's secrets.
        f.debug_struct("Effect")
            .field("receiver", &self.receiver)
            .field("bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

/// The lane of a key: 0 to 255. Keys of one lane commit one after another, so that their places are in the order of their
/// commits. FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>), folded: the same in every process and version.
pub(crate) fn lane(receiver: &str, key: &str) -> u8 {
    let bytes = receiver.bytes().chain([0]).chain(key.bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash.to_le_bytes()
        .into_iter()
        .fold(0, |lane, byte| lane ^ byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_same_lane_for_ever() {
        assert_eq!(lane("index_user", "7"), lane("index_user", "7"));
        assert_eq!((lane("a", "b"), lane("ab", "")), (154, 145));
    }

    #[test]
    fn lanes_are_used_evenly() {
        let mut used = [0; 256];
        for number in 0..25_600 {
            used[usize::from(lane("index_user", &number.to_string()))] += 1;
        }
        assert!(
            used.iter().all(|count| (40..200).contains(count)),
            "{used:?}"
        );
    }
}
