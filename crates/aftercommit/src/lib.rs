#![doc = include_str!("lib.md")]

pub mod signal;
pub mod transaction;
pub mod commit;
mod error;
pub mod observe;
mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use commit::{HookOutcome, HookOutput, Report};
pub use error::{BoxError, Error, Ok, Result};
pub use observe::{Control, Event};
pub use signal::{Signals, When};
pub use store::Dialect;
pub use transaction::{AsyncBlock, AsyncRepeat, Begin, Db, Handle, Isolation, Lock, Nested, Options, Retry, Tx};
