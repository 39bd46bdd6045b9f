#![doc = include_str!("lib.md")]

pub mod commit;
mod error;
pub mod observe;
pub mod signal;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transaction;

pub use commit::{HookOutcome, HookOutput, Report};
pub use error::{BoxError, Error, Ok, Result};
pub use observe::{Control, Event};
pub use signal::{Signals, When};
pub use store::Dialect;
pub use transaction::{
    AsyncBlock, AsyncRepeat, Begin, Db, Handle, Isolation, Lock, Nested, Options, Retry, Tx,
};
