#![doc = include_str!("lib.md")]

#[cfg(not(any(feature = "postgres", feature = "mysql", feature = "sqlite")))]
compile_error!(
    "aftercommit needs a database: choose one of its features `postgres`, `mysql` and `sqlite`"
);

pub mod signal;
pub mod transaction;
pub mod commit;
pub mod effect;
pub mod delivery;
pub mod operate;
pub mod model;
pub mod guard;
mod store;
pub mod observe;
mod error;
#[cfg(feature = "axum")]
pub mod request;
#[cfg(feature = "testing")]
pub mod testing;

pub use aftercommit_macros::Model;
pub use commit::{HookOutcome, IntoResult, Report};
pub use delivery::{Outcome, RetryPolicy, Worker};
pub use effect::{Delivery, EffectId};
pub use error::{BoxError, Error, Ok, Result};
pub use model::{Deleted, DeletedMany, Deleting, Saved, SavedMany, Saving};
pub use observe::{Control, Event};
pub use signal::{Signals, When};
pub use store::Dialect;
pub use transaction::{
    AsyncBlock, AsyncRepeat, Begin, Begun, Db, Handle, Isolation, Lock, Nested, Options, Retry, Tx,
};

/// The examples of the guide run as tests.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../../../docs/guide.md")]
struct Guide;
