//! The books of a run from end to end, and their audit.
//!
//! Three parties write down what they know, each without asking the others:
//!
//! - clients, outside of the databases, what they were told about each transaction ([`ClaimLog`]);
//! - sinks, also outside, what they received ([`DeliveryLog`]);
//! - the database itself, at the end: what is committed, and what is left to deliver ([`Truth`]).
//!
//! A transaction is known by its *token*, which its client makes up, writes into a business table, and puts into each
//! of the transaction's effects. [`Verdict::of`] compares the three. The files stay, so that a run can be judged again.
//!
//! Deliberately absent: any idea of how effects are stored or sent.

mod lines;
mod claims;
mod deliveries;
mod truth;
mod order;
mod verdict;

pub use claims::{Claim, ClaimLog, Claims, Told};
pub use deliveries::{Deliveries, Delivery, DeliveryLog, monotonic_now};
pub use order::OutOfOrder;
pub use truth::{Left, State, Truth, Which};
pub use verdict::{Verdict, Wrong};

#[cfg(test)]
mod tests;
