//! One transaction's life, as it is accounted for.

use std::panic::Location;
use std::time::Instant;

use super::{Db, Held, Options, Owed};
use crate::error::Error;
use crate::observe::Event;
use crate::store::{Dialect, savepoint};

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
pub(crate) async fn close_or_release<DB: Dialect>(mut held: Held<DB>, options: &Options) {
    let sql = sqlx::SqlStr::from_static(DB::rollback_sql(options));
    match DB::simple(held.conn(), sql).await {
        Ok(()) => held.release(),
        // There was none to roll back.
        Err(error) if DB::is_state_mismatch(&error) => held.release(),
        Err(_) => drop(held),
    }
}

/// The statements for what a ledger owes, in one message.
pub(crate) fn owed_sql(owed: &[Owed]) -> String {
    let statements: Vec<String> = owed
        .iter()
        .map(|owed| match *owed {
            Owed::Release(number) => savepoint::release(number),
            Owed::Undo(number) => savepoint::undo(number),
        })
        .collect();
    statements.join(";\n")
}

/// The message that sets a savepoint, behind what is owed.
pub(crate) fn savepoint_sql(owed: &[Owed], number: u32) -> String {
    let set = savepoint::set(number);
    if owed.is_empty() {
        set
    } else {
        owed_sql(owed) + ";\n" + &set
    }
}
