//! 5: it follows.
//!
//! A [`Worker`] delivers effects to their receivers. The guarantees, each with the test that proves it:
//!
//! 1. Every effect that is recorded is delivered at least once or ends among the dead letters
//!    (`storm::nothing_is_lost_when_processes_are_killed`).
//! 2. Repeats carry the same id (`storm::nothing_is_lost_when_processes_are_killed`).
//! 3. Effects of one key are delivered one at a time in the order of their commits; one that fails keeps those behind it
//!    waiting, and no others (`delivery::a_failing_key_is_parked_and_the_rest_goes_on`).
//! 4. A worker that was paused for longer than its lease changes nothing (`delivery::a_late_answer_changes_nothing`).
//! 5. Only the database's clock counts between processes (`delivery::the_clock_of_a_worker_does_not_matter`).
//! 6. A handler in a transaction of the same database takes effect exactly once
//!    (`delivery::a_handler_in_a_transaction_settles_with_its_writes`).
//! 7. An effect that kills its process is set aside after three starts (`delivery::an_effect_that_kills_is_set_aside`).
//! 8. An outage of the target uses up no attempts (`delivery::an_outage_uses_up_no_attempts`).
//! 9. However many keys wait, each is looked at
//!    (`delivery::no_number_of_keys_in_other_hands_keeps_the_others_from_being_found`).
//! 10. A living worker is not taken for dead because its handlers block their threads, use up the pool, or another transaction
//!     holds the lock (`delivery::a_handler_that_blocks_its_thread_does_not_stop_the_heartbeat`)
//!     (`delivery::a_lock_that_outlasts_the_lease_kills_no_worker`).
//!
//! ```text
//! pending ──claim──▶ claimed ──▶ delivered (the row is gone)
//!    ▲  ▲               │
//!    │  └── rescue, ────┤
//!    │      release     ├──▶ waiting ──(due)──▶ pending
//!    │                  └──▶ dead ──(an operator retries it)──▶ pending
//!    └── (what blocked the key is gone) ── parked ◀── behind a failure of its key
//! ```
//!
//! The desk is pure and decides; errands carry out. Absent on purpose: delivery in the order of commits across keys (it would
//! make one failure stop everything), and exactly once for what is outside the database (nobody can promise that).

mod outcome;
mod retry;
mod lifecycle;
mod breaker;
mod history;
mod reason;
mod leased;
mod lockout;
mod standing;
mod seat;
mod orders;
mod desk;
mod handler;
mod handover;
mod station;
mod errand;
mod wake;
mod worker;
mod schema;
mod point;
#[cfg(test)]
mod simulation;

pub use history::Attempt;
pub use outcome::Outcome;
pub use point::Point;
pub use retry::RetryPolicy;
pub use worker::{Drained, Running, Worker};

pub(crate) use handler::{AnyHandler, Handler};
pub(crate) use handover::{Handover, Live};
pub(crate) use history::{clean, read as attempts};
pub(crate) use leased::{Lease, Leased};
pub(crate) use orders::{Found, Search, Walk};
pub(crate) use reason::chain;
pub(crate) use schema::missing as schema_missing;
pub(crate) use station::Station;
pub(crate) use wake::Wake;
