//! One transaction's life, as it is accounted for.

use std::panic::Location;
use std::time::{Duration, Instant};

use super::{Db, Held, Options, Owed};
use crate::error::Error;
use crate::observe::Event;
use crate::store::{Dialect, TxInfo, savepoint};

/// How long the end of a transaction waits for an abandoned statement. Then the connection is closed instead.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// How long it waits for the answer to ROLLBACK, which a network may keep back for ever.
const MAX_ROLLBACK: Duration = Duration::from_secs(5);

/// Who the transaction is; it tells its end to the observers.
#[derive(Debug)]
pub(crate) struct Life<DB: Dialect> {
    pub(crate) id: u64,
    pub(crate) place: &'static Location<'static>,
    pub(crate) began: Instant,
    pub(crate) db: Db<DB>,
}

impl<DB: Dialect> Life<DB> {
    pub(crate) fn committed(&self) {
        self.ended();
        self.db.observers().observe(&Event::Committed {
            place: self.place,
            age: self.began.elapsed(),
        });
    }

    pub(crate) fn not_committed(&self, error: Option<&Error>) {
        self.ended();
        let age = self.began.elapsed();
        self.db.observers().observe(&Event::NotCommitted {
            place: self.place,
            age,
            error,
        });
    }

    /// Whether it has been open for longer than it should, which is then told.
    pub(crate) fn warn_if_long(&self) -> bool {
        let age = self.began.elapsed();
        let long = age > self.db.observers().long_transaction;
        if long {
            self.db.observers().observe(&Event::LongTransaction {
                place: self.place,
                age,
            });
        }
        long
    }

    fn ended(&self) {
        self.db.connection_given_back(self.id);
        self.db.lock_given_back(self.id);
    }
}

impl<DB: Dialect> Clone for Life<DB> {
    fn clone(&self) -> Self {
        Self {
            db: self.db.clone(),
            ..*self
        }
    }
}

/// Rolls back; the connection goes back to its pool if that is certain, and is closed otherwise.
pub(crate) async fn close_or_release<DB: Dialect>(held: Held<DB>, options: &Options, tx: &TxInfo) {
    if let Some(held) = rolled_back(held, options, tx).await {
        release(held, tx).await;
    }
}

/// Rolls back, and answers with the connection if that is certain; otherwise it is closed.
pub(crate) async fn rolled_back<DB: Dialect>(
    mut held: Held<DB>,
    options: &Options,
    tx: &TxInfo,
) -> Option<Held<DB>> {
    let sql = sqlx::SqlStr::from_static(DB::rollback_sql(options, tx));
    let answer = if DB::IN_PROCESS {
        Ok(DB::simple(held.conn(), sql).await)
    } else {
        tokio::time::timeout(MAX_ROLLBACK, DB::simple(held.conn(), sql)).await
    };
    match answer {
        Ok(Ok(())) => Some(held),
        // There was none to roll back.
        Ok(Err(error)) if DB::is_state_mismatch(&error) => Some(held),
        Ok(Err(_)) | Err(_) => None,
    }
}

/// Gives a connection without a transaction back to its pool, unless a statement has left its session in another state than
/// it was in: then it is closed.
pub(crate) async fn release<DB: Dialect>(mut held: Held<DB>, tx: &TxInfo) {
    if let Some(before) = &tx.session_state {
        let after = tokio::time::timeout(MAX_ROLLBACK, DB::session_state(held.conn())).await;
        if !matches!(after, Ok(Ok(after)) if after == *before) {
            return;
        }
    }
    held.release();
}

/// The statements for what a ledger owes, in one message.
pub(crate) fn owed_sql(owed: &[Owed]) -> String {
    let statements: Vec<String> = owed
        .iter()
        .map(|owed| match *owed {
            Owed::Set(number) => savepoint::set(number),
            Owed::Release(number) => savepoint::release(number),
            Owed::Undo(number) => savepoint::undo(number),
        })
        .collect();
    statements.join(";\n")
}
