//! 4: what must follow is written down.
//!
//! A [`durable`](crate::Signals::durable) receiver is not called when its signal is sent. An effect is written into the
//! transaction instead, and becomes visible when that commits: so it is there if, and only if, the rows are. Then a
//! [worker](crate::delivery) calls the receiver. The guarantees, each with the test that proves it:
//!
//! 1. An effect is recorded if and only if its transaction commits; one of a nested block that is undone is not
//!    (`effect::an_effect_is_there_if_and_only_if_its_transaction_commits`).
//! 2. What a database could not keep as it is, is refused where the signal is sent, by name and place
//!    (`effect::hostile_payloads_are_refused_where_they_are_sent`).
//! 3. Effects are written with COMMIT in one message (`effect::effects_travel_with_the_commit`).
//! 4. While an effect is pending, another one with its unique key takes its place; what is committed meanwhile is not lost
//!    (`effect::a_unique_effect_is_there_once`).
//! 5. A number is delivered bit for bit as it was sent (`effect::doubles_come_back_bit_for_bit`).
//!
//! Absent on purpose: an effect without a signal. What must follow has a reason, and that has a type.

mod id;
mod payload;
mod nulls;
#[expect(
    clippy::module_inception,
    reason = "the effect itself, beside what is made of it"
)]
mod effect;
mod append;
mod receiver;
mod forms;
mod delivery;

pub use delivery::{About, Delivery};
pub use effect::{Effect, Headers, MAX_HEADERS_BYTES};
pub use forms::{Durable, Given, Shape, Written};
pub use id::EffectId;
pub use payload::{DEEPEST, MOST_BYTES};
pub use receiver::{DurableReceiver, durable, durable_elsewhere};

pub(crate) use append::{Birth, append, headers_text};
pub(crate) use effect::LONGEST_WORD;
pub(crate) use payload::{Unfit, check_text};
pub(crate) use receiver::{DurableCall, Manner};
