//! What sessions prepare so that a transaction's number costs little, and when that is given up. No I/O.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use sqlx::SqlStr;

/// How often the server may be asked what sqlx should have kept. Each time is a round trip.
const MOST_ASKED: usize = 64;

/// The statistics of a server may be reset so often until its sessions prepare no more: what they had prepared before stays with them.
const MOST_INSTANCES: usize = 16;

/// What the sessions of one server prepare.
#[derive(Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The server, as its sessions say it when asked without this.
    pub(crate) instance: Arc<str>,
    pub(crate) epoch: Arc<str>,
    /// Asks for the number.
    pub(crate) number: String,
    /// What makes sqlx ask whether a session has them; twice, because it keeps the answer.
    pub(crate) asks: [SqlStr; 2],
    /// Asks for the number before a commit.
    pub(crate) at_commit: String,
}

/// Whether the sessions of a pool prepare, and what. It outlives what is known of a server.
#[derive(Debug, Default)]
pub struct Preparing {
    /// Of the server that was learned last.
    now: RwLock<Option<Arc<Prepared>>>,
    given_up: AtomicBool,
    asked_again: AtomicUsize,
    instances: AtomicUsize,
}

impl Preparing {
    pub(crate) fn now(&self) -> Option<Arc<Prepared>> {
        self.now
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sessions may prepare this from now on.
    pub(crate) fn set(&self, prepared: Arc<Prepared>) {
        let is_new = self.now().is_none_or(|now| now.epoch != prepared.epoch);
        if is_new && self.instances.fetch_add(1, Ordering::Relaxed) >= MOST_INSTANCES {
            self.give_up();
        }
        if !self.given_up.load(Ordering::Relaxed) {
            self.replace(Some(prepared));
        }
    }

    /// A session had lost what it had prepared, or would not prepare it: nothing is prepared any more.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
        self.replace(None);
    }

    /// sqlx had not kept what it had been told of a session: it keeps too few statements to be asked before each block.
    pub(crate) fn asked_again(&self) {
        if self.asked_again.fetch_add(1, Ordering::Relaxed) >= MOST_ASKED {
            self.give_up();
        }
    }

    fn replace(&self, to: Option<Arc<Prepared>>) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(epoch: usize) -> Arc<Prepared> {
        Arc::new(Prepared {
            instance: "i".into(),
            epoch: epoch.to_string().into(),
            number: String::new(),
            asks: [SqlStr::from_static(""), SqlStr::from_static("")],
            at_commit: String::new(),
        })
    }

    #[test]
    fn what_sessions_keep_does_not_grow_for_ever() {
        let preparing = Preparing::default();
        for epoch in 0..MOST_INSTANCES {
            for _ in 0..2 * MOST_INSTANCES {
                preparing.set(prepared(epoch));
                assert_eq!(preparing.now(), Some(prepared(epoch)));
            }
        }
        preparing.set(prepared(MOST_INSTANCES));
        assert_eq!(preparing.now(), None);
    }

    #[test]
    fn nothing_is_prepared_where_too_little_is_kept() {
        let preparing = Preparing::default();
        preparing.set(prepared(1));
        for _ in 0..MOST_ASKED {
            preparing.asked_again();
            assert!(preparing.now().is_some());
        }
        preparing.asked_again();
        assert!(preparing.now().is_none());
        preparing.set(prepared(1));
        assert!(preparing.now().is_none(), "for good");
    }
}
