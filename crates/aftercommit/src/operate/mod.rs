//! What an operator may see and do.
//!
//! [`Db::operate`] gives an [`Operator`]: what is there ([`overview`](Operator::overview), [`list`](Operator::list),
//! [`get`](Operator::get)), whether it is sound ([`audit`](Operator::audit)), and what can be done about it. It needs the tables
//! and no receivers, so a program of its own can have one. The guarantees, each with the test that proves it:
//!
//! 1. Nothing is lost by an action: what leaves one table is in the other one when it commits, or the action did not happen
//!    (`operate::a_move_that_would_lose_is_undone`).
//! 2. What a worker is delivering is left alone, and the error says who has it
//!    (`operate::what_is_claimed_is_left_to_its_worker`). Of several operators who act on one effect, one does
//!    (`operate::of_many_who_retry_one_does`).
//! 3. The order of a key outlives a retry (`operate::retrying_keeps_the_order_of_a_key`), and discarding or skipping what blocks
//!    it lets the next one go (`operate::discarding_and_skipping_let_a_key_go_on`).
//! 4. A list has no payloads, and its pages have an end (`operate::a_list_is_read_page_by_page`); a cursor or a limit that is none
//!    is an error (`operate::hostile_pages_and_cursors_are_refused`).
//! 5. An audit is clean while everything works (`operate::an_audit_is_clean_while_a_worker_works`), finds what must not be, and
//!    changes nothing (`operate::an_audit_finds_each_thing_that_was_planted`).
//!
//! ```text
//!                      ┌── retry ──▶ pending
//! waiting, dead letter ┼── discard ▶ gone      (and its key goes on)
//!          dead letter ┼── skip ───▶ a dead letter that its key does not wait for
//!          dead letter └── edit ───▶ a dead letter with another payload
//! ```
//!
//! Absent on purpose: acting on what is pending (pause its receiver) or claimed (its worker decides), and delivering out of the
//! order of a key other than by skipping.

mod visible;
mod state;
mod summary;
mod cursor;
mod filter;
mod overview;
mod audit;
mod look;
mod act;

use std::fmt;

use crate::delivery::schema_missing;
use crate::effect::{EffectId, LONGEST_WORD};
use crate::error::{Error, Kind, Result};
use crate::observe::Event;
use crate::store::{Dialect, Outbox};
use crate::transaction::Db;

pub use audit::{Audit, Violation, Wrong};
pub use cursor::Cursor;
pub use filter::{Filter, MOST_IN_A_PAGE, Page};
pub use overview::{Overview, ReceiverOverview, WorkerOverview};
pub use state::{State, Status};
pub use summary::{Detail, Summary};
pub use visible::Visible;

pub(crate) use audit::{Suspicion, Suspicious};
pub(crate) use overview::Counted;

/// Looks at the effects of a database, and acts on them: see the [module](self).
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> aftercommit::Result<()> {
/// use aftercommit::Db;
/// use aftercommit::operate::{Filter, State};
/// use sqlx::Sqlite;
///
/// let db: Db<Sqlite> = Db::connect("sqlite::memory:").await?;
/// db.migrate().await?;
/// let operator = db.operate();
/// for letter in operator.list(&Filter::new().state(State::Dead), None).await?.effects {
///     println!("{letter}");
///     operator.retry(letter.id).await?;
/// }
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub struct Operator<DB: Dialect> {
    outbox: Outbox<DB>,
}

impl<DB: Dialect> Operator<DB> {
    /// An operator of this database: the same as [`Db::operate`].
    pub fn new(db: &Db<DB>) -> Self {
        Self {
            outbox: Outbox::new(db.clone()),
        }
    }

    fn tell(&self, event: &Event<'_>) {
        self.outbox.db.observers().observe(event);
    }
}

impl<DB: Dialect> Db<DB> {
    /// What an operator may see and do: see [`operate`](crate::operate).
    pub fn operate(&self) -> Operator<DB> {
        Operator::new(self)
    }
}

/// What the database said, with the way out where the tables are not there.
fn told<T>(answer: Result<T>) -> Result<T> {
    answer.map_err(schema_missing)
}

fn missing(effect: EffectId) -> Error {
    Error::new(Kind::EffectMissing { effect })
}

/// A receiver's name that an operator has typed.
fn check_receiver(name: &str) -> Result<()> {
    if name.is_empty() || name.len() > LONGEST_WORD || name.contains(char::is_control) {
        return Err(Error::new(Kind::NoReceiver { name: name.into() }));
    }
    Ok(())
}

impl<DB: Dialect> Clone for Operator<DB> {
    fn clone(&self) -> Self {
        Self::new(&self.outbox.db)
    }
}

impl<DB: Dialect> fmt::Debug for Operator<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator")
            .field("db", &self.outbox.db)
            .finish()
    }
}
