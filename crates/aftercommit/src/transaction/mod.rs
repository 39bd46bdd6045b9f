//! 2: it happens as one.
//!
//! A block runs on a [`Tx`] and ends as a whole. [`Db::atomic`] is the closure form, [`Db::begin`] the form for code
//! that cannot be a closure; both do the same. The guarantees, each with the test that proves it:
//!
//! 1. `Ok` commits, `Err` and panic roll back (`transaction::ok_commits_and_err_rolls_back`).
//! 2. A nested block that fails undoes itself and nothing else (`transaction::a_nested_block_undoes_itself_only`).
//! 3. A block in which a statement failed sends no further statement and cannot commit, on every database
//!    (`transaction::a_swallowed_error_breaks_the_block`).
//! 4. No rollback is silent (`transaction::no_rollback_is_silent`).
//! 5. Dropping any future of this library leaves neither an open transaction in the pool nor a half ended
//!    block (`cancel::*`).
//! 6. A block that sends nothing takes no connection (`transaction::a_block_that_sends_nothing_takes_no_connection`).
//! 7. A block whose transaction was ended by something else answers `TX_STATE_MISMATCH`, whatever it returns, and runs no hook
//!    (`behind::nothing_is_done_behind_a_blocks_back`).
//! 8. The library says BEGIN, SAVEPOINT, RELEASE, ROLLBACK and COMMIT itself, and does not let a statement do so
//!    behind its back (`transaction::statements_that_move_the_transaction_are_refused`).
//!
//! ```text
//!            statement failed, joined block failed, set_rollback(true)
//!   healthy ─────────────────────────────────────────────────────────▶ marked
//!      │  ▲                                                               │
//!  enter  leave                                       the level that has a savepoint is left:
//!      ▼  │                                           ROLLBACK TO, the mark is gone with it
//!    nested                                           the outermost level is left: ROLLBACK
//! ```
//!
//! The ledger is pure and decides; the link owns the connection and the statement that runs on it.

mod begin;
mod begun;
mod block;
mod db;
mod ending;
mod executor;
mod handle;
mod held;
mod ledger;
mod lending;
mod life;
mod link;
mod nested;
mod opening;
mod options;
mod prepare;
mod probing;
mod sending;
mod settings;
mod shared;
mod shield;
mod statement;
mod tx;

pub use begin::{Begin, Retry};
pub use begun::Begun;
pub use block::{AsyncBlock, AsyncRepeat};
pub use db::Db;
pub use handle::Handle;
pub use nested::Nested;
pub use options::{Isolation, Lock, Options};
pub use tx::Tx;

pub(crate) use held::Held;
pub(crate) use ledger::Owed;
pub(crate) use life::{Life, close_or_release, owed_sql, release};
pub(crate) use shield::Shield;
pub use statement::Grammar;

use life::{GRACE, rolled_back};
