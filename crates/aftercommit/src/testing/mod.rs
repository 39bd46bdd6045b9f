//! The test kit: what a user's tests need of transactions.
//!
//! A test wants to leave no rows behind, so it rolls back; and it wants to see the hooks that a commit would have
//! run. [`rolled_back`] does the one and [`capture_on_commit`] the other.
//! [`Recorder`] remembers signals, and [`Faults`] makes receivers and hooks fail by their names.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> aftercommit::Result<()> {
//! use aftercommit::testing::{capture_on_commit, rolled_back};
//! # let mut db: aftercommit::Db<sqlx::Sqlite> = aftercommit::Db::connect("sqlite::memory:").await?;
//!
//! rolled_back(&mut db, async |tx| {
//!     let (result, captured) = capture_on_commit(tx, async |tx| {
//!         tx.on_commit_named("send_welcome", async || println!("welcome"));
//!         aftercommit::Ok(())
//!     })
//!     .await;
//!     result?;
//!     assert_eq!(captured.names(), [Some("send_welcome")]);
//!     let outcomes = captured.run().await;
//!     assert!(outcomes[0].result.is_ok());
//!     aftercommit::Ok(())
//! })
//! .await?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```

mod rolled_back;
mod capture;
mod recorder;
mod faults;
mod points;
mod statements;

pub use capture::{Captured, capture_on_commit};
pub use faults::Faults;
pub use points::Act;
pub use recorder::Recorder;
pub use rolled_back::rolled_back;
pub use statements::StatementFault;
