//! Where a request keeps its transaction.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::Dialect;
use crate::transaction::{Begun, Db, Options};

/// One for each request, in its extensions.
pub(super) struct Slot<DB: Dialect> {
    pub(super) db: Db<DB>,
    pub(super) options: Options,
    state: Arc<Mutex<State<DB>>>,
}

/// Where the transaction is.
pub(super) enum State<DB: Dialect> {
    /// Nobody has asked for it.
    Unused,
    /// With the handler.
    Lent,
    /// Given back by the handler.
    Back(Box<Begun<DB>>),
    /// The response is on its way: what comes back now is rolled back.
    Closed,
}

impl<DB: Dialect> Slot<DB> {
    pub(super) fn new(db: Db<DB>, options: Options) -> Self {
        Self {
            db,
            options,
            state: Arc::new(Mutex::new(State::Unused)),
        }
    }

    /// Puts another state there, and returns the one before.
    pub(super) fn replace(&self, next: State<DB>) -> State<DB> {
        std::mem::replace(
            &mut self.state.lock().unwrap_or_else(PoisonError::into_inner),
            next,
        )
    }

    /// Takes the transaction back from the handler; too late, it is rolled back.
    pub(super) fn give_back(&self, begun: Begun<DB>) {
        if let State::Closed = self.replace(State::Back(Box::new(begun))) {
            drop(self.replace(State::Closed));
        }
    }
}

impl<DB: Dialect> Clone for Slot<DB> {
    fn clone(&self) -> Self {
        Self {
            db: self.db.clone(),
            options: self.options.clone(),
            state: Arc::clone(&self.state),
        }
    }
}

impl<DB: Dialect> fmt::Debug for Slot<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}
