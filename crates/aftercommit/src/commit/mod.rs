//! 3: it is true now.
//!
//! A transaction that was confirmed by its database runs its hooks; nothing else ever does. The guarantees,
//! each with the test that proves it:
//!
//! 1. Hooks run in the order of registration, over all levels of nesting
//!    (`commit::hooks_run_in_the_order_of_registration`).
//! 2. A savepoint that is rolled back takes its hooks along, those of blocks released inside it too, and no
//!    others (`commit::a_hook_dies_with_its_savepoint`).
//! 3. A hook that fails or panics neither stops the others nor makes a committed block an error
//!    (`commit::a_failing_hook_stops_nothing`); it is in the [`Report`] and goes to the observers.
//! 4. Hooks run although the caller has gone away during COMMIT (`cancel::a_caller_who_leaves_during_commit_gets_his_hooks`).
//! 5. A COMMIT that was cut off is looked up before anything is said about it
//!    (`faults::a_cut_commit_is_told_as_it_was`).
//!
//! ```text
//!            ┌─ answered: yes ──────────────────────────▶ committed ──▶ hooks
//! COMMIT ────┼─ answered: no ────────▶ ROLLBACK ────────▶ rolled back
//!            └─ cut off ──▶ ask from a new connection ──▶ committed, rolled back, or in doubt
//! ```
//!
//! Absent on purpose: a hook that runs before COMMIT (that is a `during` receiver), and a hook that runs
//! after a rollback (undo by hand what you did by hand, in the code that catches the error).

mod confirm;
mod hook;
mod report;
mod run;

pub use hook::IntoResult;
pub use report::{HookOutcome, Report};

pub(crate) use confirm::Commit;
pub(crate) use hook::Hook;
pub(crate) use run::{panic_text, run_now, run_one};
