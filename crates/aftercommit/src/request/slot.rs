//! Where a request keeps its transaction.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::store::Dialect;
use crate::transaction::{Begun, Db, Options};

/// One for each request and layer, in the request's extensions.
pub(super) struct Slot<DB: Dialect, Name> {
    pub(super) db: Db<DB>,
    pub(super) options: Options,
    /// Where the layer was made.
    pub(super) place: &'static Location<'static>,
    /// A layer around this one, of the same kind and name and on another pool.
    pub(super) hides: Option<&'static Location<'static>>,
    state: Arc<Mutex<State<DB>>>,
    used: Arc<Notify>,
    name: PhantomData<fn() -> Name>,
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

impl<DB: Dialect, Name> Slot<DB, Name> {
    pub(super) fn new(db: Db<DB>, options: Options, place: &'static Location<'static>) -> Self {
        Self {
            db,
            options,
            place,
            hides: None,
            state: Arc::new(Mutex::new(State::Unused)),
            used: Arc::default(),
            name: PhantomData,
        }
    }

    /// The slot of a layer around this one. On the same pool, the inner layer is there to replace its options.
    pub(super) fn inside(mut self, outer: &Self) -> Self {
        self.hides = if self.db.shares_pool_with(&outer.db) {
            outer.hides
        } else {
            Some(outer.place)
        };
        self
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

    /// The handler is about to do something with the transaction.
    pub(super) fn use_it(&self) {
        self.used.notify_one();
    }

    /// Returns when the handler has begun to do something with the transaction.
    pub(super) async fn in_use(&self) {
        self.used.notified().await;
    }
}

impl<DB: Dialect, Name> Clone for Slot<DB, Name> {
    fn clone(&self) -> Self {
        Self {
            db: self.db.clone(),
            options: self.options.clone(),
            place: self.place,
            hides: self.hides,
            state: Arc::clone(&self.state),
            used: Arc::clone(&self.used),
            name: PhantomData,
        }
    }
}

impl<DB: Dialect, Name> fmt::Debug for Slot<DB, Name> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}
