//! How transactions of a server are asked for their numbers, and what is known of whose numbers they are. No I/O.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::Preparing;

/// More than the time zones of the sessions of one server; then what is known is forgotten and learned again.
const MOST: usize = 64;

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
    /// What is prepared for that.
    pub(crate) preparing: Arc<Preparing>,
}

impl Numbers {
    pub(crate) fn new(epoch_sql: &'static str, by_instance: bool) -> Self {
        Self {
            epoch_sql,
            by_instance,
            epochs: Arc::default(),
            unknown: Arc::default(),
            preparing: Arc::default(),
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
        if !epochs.iter().any(|(known, _)| **known == *instance) {
            if epochs.len() >= MOST {
                epochs.clear();
            }
            epochs.push((instance.into(), epoch.into()));
        }
        self.unknown.store(false, Ordering::Relaxed);
    }

    /// Goes on with what the pool has learned of its sessions.
    pub(crate) fn prepare_with(&mut self, preparing: &Arc<Preparing>) {
        if let Some(now) = self.preparing.now() {
            preparing.set(now);
        }
        self.preparing = Arc::clone(preparing);
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
    fn what_is_known_does_not_grow_for_ever() {
        let numbers = Numbers::new("", true);
        for at in 0..10 * MOST {
            numbers.add(&at.to_string(), "1");
        }
        assert!(numbers.epochs.read().expect("not poisoned").len() <= MOST);
        assert!(numbers.epoch_of(&(10 * MOST - 1).to_string()).is_some());
    }
}
