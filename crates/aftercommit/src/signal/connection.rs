//! What connecting returns.

use std::fmt;
use std::sync::Arc;

use super::registry::Signals;
use crate::store::Dialect;

/// A receiver's connection. Dropping it changes nothing: see [`scoped`](Self::scoped).
pub struct Connection<DB: Dialect> {
    signals: Signals<DB>,
    name: Arc<str>,
    /// Not the name: that may belong to another receiver by now.
    number: u64,
    disconnect: fn(&Signals<DB>, u64) -> bool,
}

impl<DB: Dialect> Connection<DB> {
    pub(super) fn new<S: Send + Sync + 'static>(
        signals: Signals<DB>,
        name: Arc<str>,
        number: u64,
    ) -> Self {
        Self {
            signals,
            name,
            number,
            disconnect: Signals::disconnect_number::<S>,
        }
    }

    /// Disconnects the receiver, and returns whether it was connected still.
    pub fn disconnect(self) -> bool {
        (self.disconnect)(&self.signals, self.number)
    }

    /// Disconnects the receiver when the returned guard is dropped.
    pub fn scoped(self) -> Scoped<DB> {
        Scoped(Some(self))
    }
}

/// Disconnects its receiver when dropped.
#[must_use = "the receiver is disconnected as soon as this is dropped"]
pub struct Scoped<DB: Dialect>(Option<Connection<DB>>);

impl<DB: Dialect> Drop for Scoped<DB> {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.disconnect();
        }
    }
}

impl<DB: Dialect> fmt::Debug for Connection<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<DB: Dialect> fmt::Debug for Scoped<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scoped").field(&self.0).finish()
    }
}
