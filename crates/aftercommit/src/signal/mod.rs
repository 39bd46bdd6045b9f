//! 1: something happened.
//!
//! Any `'static` type is a signal; receivers are found by its type and called in the order in which they were
//! connected. One word says when a receiver runs: [`during`](Signals::during) the transaction, where its error
//! rolls the sender back; [`after_commit`](Signals::after_commit), in memory and only if the transaction was
//! committed; or [`durable`](Signals::durable), from an [effect](crate::effect) that is committed with the transaction.
//!
//! The guarantees, each with the test that proves it:
//!
//! 1. Order of connection is order of calling (`signal::receivers_run_in_the_order_of_connection`).
//! 2. Who is called is fixed before the first call: who connects or disconnects during a send changes the next one
//!    (`signal::who_is_called_is_fixed_before_the_first_call`).
//! 3. `send` stops at the first error and returns it; `send_robust` calls all, and inside a transaction a receiver
//!    that fails leaves no trace of its own (`signal::send_robust_isolates_each_receiver`).
//! 4. A name is connected once per signal; the second connection is an error that names both places
//!    (`signal::a_name_is_taken_once`).
//! 5. A receiver that reaches itself ends with an error at 64 levels: in a transaction
//!    (`signal::recursion_ends_with_an_error`), and through commits and hooks
//!    (`signal::recursion_over_commits_ends_with_an_error`). What is passed to a task that the receiver spawns, or written
//!    down for a `durable` one, is not followed.
//!
//! Absent on purpose: weak references (a receiver lives until it is disconnected, or as long as its
//! [`Scoped`] guard), and a global registry (tests run in parallel; a program may serve two databases).

mod connection;
mod forms;
mod receiver;
mod registry;
mod send;

pub use connection::{Connection, Scoped};
pub use forms::{
    AfterCommit, AsyncCall1, AsyncCall2, AsyncCall3, During, WithState, form, with_state,
};
pub use receiver::{IntoReceiver, Receiver, ReceiverInfo, When, after_commit, during};
pub use registry::Signals;
pub use send::{Response, Responses};

pub(crate) use receiver::Post;
pub(crate) use registry::View;
pub(crate) use send::{at_depth, depth};
