//! How transactions of a server are asked for their numbers, and what is known of whose numbers they are. No I/O.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use sqlx::SqlStr;

/// More than the time zones of the sessions of one server; then what is known is forgotten and learned again.
const MOST: usize = 64;

/// Each of them is a round trip.
const MOST_ASKED: usize = 64;

/// What the sessions of one server prepare, so that a transaction's number costs little.
#[derive(Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The server, as its sessions say it when asked without this.
    pub(crate) instance: Arc<str>,
    pub(crate) epoch: Arc<str>,
    /// What the statements are called, and what makes sqlx ask whether a session has them; twice, because it keeps the answer.
    pub(crate) number: String,
    pub(crate) asks: [SqlStr; 2],
    /// For a commit, and for one that must survive a crash.
    pub(crate) at_commit: [String; 2],
}

/// An instance and its epoch.
type Known = (Arc<str>, Arc<str>);

/// How a Postgres server is asked. Clones share what they know.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// The expression that tells this server from itself after a crash or a promotion, and from another cluster.
    pub epoch_sql: &'static str,
    /// Each transaction says which instance of a server it is on, in a text that is cheap to ask for; its epoch is known by that.
    pub by_instance: bool,
    epochs: Arc<RwLock<Vec<Known>>>,
    unknown: Arc<AtomicBool>,
    /// Of the server that was learned last.
    prepared: Arc<RwLock<Option<Arc<Prepared>>>>,
    sessions_change: Arc<AtomicBool>,
    asked_again: Arc<AtomicUsize>,
}

impl Numbers {
    pub(crate) fn new(epoch_sql: &'static str, by_instance: bool) -> Self {
        Self {
            epoch_sql,
            by_instance,
            epochs: Arc::default(),
            unknown: Arc::default(),
            prepared: Arc::default(),
            sessions_change: Arc::default(),
            asked_again: Arc::default(),
        }
    }

    /// The epoch of an instance; where it is not known, the next one to begin a transaction should ask.
    pub(crate) fn epoch_of(&self, instance: &str) -> Option<Arc<str>> {
        let epochs = self.epochs.read().unwrap_or_else(PoisonError::into_inner);
        let found = epochs.iter().find(|(known, _)| **known == *instance);
        let epoch = found.map(|(_, epoch)| Arc::clone(epoch));
        if epoch.is_none() {
            self.unknown.store(true, Ordering::Relaxed);
        }
        epoch
    }

    /// Whether somebody was on an instance whose epoch is not known. Said once.
    pub(crate) fn should_ask(&self) -> bool {
        self.unknown.load(Ordering::Relaxed) && self.unknown.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn add(&self, instance: &str, epoch: &str) {
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        if epochs.len() >= MOST {
            epochs.clear();
        }
        epochs.push((instance.into(), epoch.into()));
        self.unknown.store(false, Ordering::Relaxed);
    }

    pub(crate) fn prepared(&self) -> Option<Arc<Prepared>> {
        let prepared = self.prepared.read();
        prepared.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sessions may prepare this from now on.
    pub(crate) fn prepare(&self, prepared: Prepared) {
        if !self.sessions_change.load(Ordering::Relaxed) {
            self.set_prepared(Some(Arc::new(prepared)));
        }
    }

    /// A session had lost what it had prepared, or would not prepare it: nothing is kept in sessions any more.
    pub(crate) fn give_up_preparing(&self) {
        self.sessions_change.store(true, Ordering::Relaxed);
        self.set_prepared(None);
    }

    /// sqlx had not kept what it had been told of a session: it keeps too few statements to be asked before each block.
    pub(crate) fn asked_again(&self) {
        if self.asked_again.fetch_add(1, Ordering::Relaxed) >= MOST_ASKED {
            self.give_up_preparing();
        }
    }

    fn set_prepared(&self, to: Option<Arc<Prepared>>) {
        let prepared = self.prepared.write();
        *prepared.unwrap_or_else(PoisonError::into_inner) = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_instance_is_asked_for_once() {
        let numbers = Numbers::new("", true);
        assert!(!numbers.should_ask());
        assert_eq!(numbers.epoch_of("a"), None);
        assert!(numbers.clone().should_ask());
        assert!(!numbers.should_ask());
        numbers.add("a", "1");
        assert_eq!(numbers.epoch_of("a").as_deref(), Some("1"));
        assert!(!numbers.should_ask());
    }

    #[test]
    fn nothing_is_prepared_where_too_little_is_kept() {
        let numbers = Numbers::new("", true);
        let prepared = || Prepared {
            instance: "i".into(),
            epoch: "1".into(),
            number: String::new(),
            asks: [SqlStr::from_static(""), SqlStr::from_static("")],
            at_commit: [String::new(), String::new()],
        };
        numbers.prepare(prepared());
        for _ in 0..MOST_ASKED {
            numbers.asked_again();
            assert!(numbers.prepared().is_some());
        }
        numbers.asked_again();
        assert!(numbers.prepared().is_none());
        numbers.prepare(prepared());
        assert!(numbers.prepared().is_none(), "for good");
    }

    #[test]
    fn what_is_known_does_not_grow_for_ever() {
        let numbers = Numbers::new("", true);
        for at in 0..10 * MOST {
            numbers.add(&at.to_string(), "1");
        }
        assert!(numbers.epochs.read().expect("not poisoned").len() <= MOST);
        assert!(numbers.epoch_of(&(10 * MOST - 1).to_string()).is_some());
    }
}
