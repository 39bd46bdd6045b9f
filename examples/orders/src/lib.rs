//! A service that takes orders, twice: [`before`] on plain sqlx, and [`after`] with `aftercommit`.
//!
//! Order the last piece twice: the second order rolls back, because nothing is left. `before` has confirmed it by then.

pub mod before;
pub mod after;
mod mail;

pub use mail::Mailer;
