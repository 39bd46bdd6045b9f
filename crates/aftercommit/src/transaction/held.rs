//! A pooled connection that returns to its pool only after a clean end.

use std::fmt;

use sqlx::pool::PoolConnection;

use crate::store::Dialect;

/// Holds a connection whose transaction is open.
///
/// Dropped without [`release`](Self::release) it is closed: the state of its transaction is not known, and
/// the next borrower would write into it. Closing needs no runtime, so it also works while one shuts down.
pub(crate) struct Held<DB: Dialect>(Option<PoolConnection<DB>>);

impl<DB: Dialect> Held<DB> {
    pub(crate) fn new(conn: PoolConnection<DB>) -> Self {
        Self(Some(conn))
    }

    /// Gives the connection back to its pool. Only for a transaction that has ended for certain.
    pub(crate) fn release(mut self) {
        drop(self.0.take());
    }

    #[expect(
        clippy::expect_used,
        reason = "the connection is only taken by functions that consume the holder"
    )]
    pub(crate) fn conn(&mut self) -> &mut DB::Connection {
        self.0.as_mut().expect("held until released")
    }
}

impl<DB: Dialect> Drop for Held<DB> {
    fn drop(&mut self) {
        if let Some(conn) = self.0.take() {
            drop(conn.detach());
        }
    }
}

impl<DB: Dialect> fmt::Debug for Held<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Held").field(&self.0.is_some()).finish()
    }
}
