//! The connections that a worker keeps for itself.
//!
//! Handlers, requests and whatever else the application does may use up its pool; the worker's heartbeat, claims and settling do
//! not wait behind them. The heartbeat does not even wait behind a claim that hangs.

use sqlx::Pool;

use crate::store::Dialect;

/// For claims, settling, and the rest of the bookkeeping: one may be slow.
const WORK: u32 = 2;

/// How many connections of the pool are left to the application by handlers in a transaction.
const LEFT: u32 = 2;

pub(in crate::delivery) struct Connections<DB: Dialect> {
    shared: bool,
    application: Pool<DB>,
    pub(super) heartbeat: Pool<DB>,
    pub(super) work: Pool<DB>,
    pub(super) listen: Pool<DB>,
}

impl<DB: Dialect> Connections<DB> {
    /// Opens none yet. They are set up as those of the application are, by the hooks of its pool too.
    pub(super) fn of_its_own(application: &Pool<DB>) -> Self {
        let pool = |connections| {
            let options = application.options().clone();
            options
                .max_connections(connections)
                .min_connections(0)
                .connect_lazy_with(application.connect_options().as_ref().clone())
        };
        Self {
            shared: false,
            application: application.clone(),
            heartbeat: pool(1),
            work: pool(WORK),
            listen: pool(1),
        }
    }

    /// Where no others would reach the database.
    pub(super) fn shared(application: &Pool<DB>) -> Self {
        Self {
            shared: true,
            application: application.clone(),
            heartbeat: application.clone(),
            work: application.clone(),
            listen: application.clone(),
        }
    }

    /// Follows the application to another address, or another password.
    pub(in crate::delivery) fn follow(&self) {
        if self.shared {
            return;
        }
        for pool in [&self.heartbeat, &self.work, &self.listen] {
            let options = self.application.connect_options();
            pool.set_connect_options(options.as_ref().clone());
        }
    }

    /// Closes those of its own.
    pub(super) async fn close(&self) {
        if self.shared {
            return;
        }
        for pool in [&self.heartbeat, &self.work, &self.listen] {
            pool.close().await;
        }
    }
}

/// How many handlers may run in a transaction at once, each of which takes a connection of the application.
///
/// The only connection of a database in memory is shared by everything.
pub(super) fn max_transactions(connections: u32, shared: bool) -> usize {
    let free = connections.saturating_sub(LEFT);
    let free = if shared { free.max(1) } else { free };
    free.try_into().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_in_a_transaction_leave_two_connections() {
        let cases = [
            (0, false, 0),
            (1, false, 0),
            (2, false, 0),
            (3, false, 1),
            (10, false, 8),
            (1, true, 1),
            (2, true, 1),
            (10, true, 8),
        ];
        for (connections, shared, most) in cases {
            assert_eq!(
                max_transactions(connections, shared),
                most,
                "{connections} connections, shared: {shared}"
            );
        }
    }
}
