//! Save and delete around a row, and their signals.
//!
//! A *model* is a struct that is a row of a table: `#[derive(Model)]` writes down which. [`Tx::save`] and its
//! siblings send a signal, run one statement, and send another:
//!
//! ```text
//! save ──▶ Saving ──▶ UPDATE / INSERT ──▶ Saved
//! delete ──▶ Deleting ──▶ DELETE ──▶ Deleted
//! save_many, delete_many ──▶ statements ──▶ SavedMany, DeletedMany
//! ```
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> aftercommit::Result<()> {
//! use aftercommit::{Db, Model, Saved, Signals};
//!
//! #[derive(Model, Clone)]
//! #[model(table = "users")]
//! struct User {
//!     #[model(id)]
//!     id: i64,
//!     name: String,
//! }
//!
//! async fn welcome(saved: &Saved<User>) -> aftercommit::Result<()> {
//!     println!("welcome, {} (number {})", saved.instance.name, saved.instance.id);
//!     aftercommit::Ok(())
//! }
//!
//! let signals = Signals::new().after_commit("welcome", welcome);
//! let db: Db<sqlx::Sqlite> = Db::connect("sqlite::memory:").await?.with_signals(signals);
//! sqlx::query("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)").execute(db.pool()).await?;
//!
//! let mut ada = User { id: 0, name: "Ada".into() };
//! db.atomic(async |tx| tx.save(&mut ada).await).await?;
//! assert_eq!(ada.id, 1);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! The guarantees, each with the test that proves it:
//!
//! 1. Every write sends its signals, those of many rows too (`model::many_rows_send_one_signal`).
//! 2. An update that finds no row says so (`model::an_update_that_finds_no_row_says_so`).
//! 3. What fails after the first signal, a receiver included, marks the block as a failed statement does: it cannot
//!    commit half of a save (`model::a_veto_cannot_be_swallowed`).
//! 4. A save that fails leaves the row without an id, as it was (`model::a_save_that_failed_takes_its_id_back`).
//! 5. With `keep_old`, receivers see the row as it was and the columns that differ
//!    (`model::receivers_see_the_old_row_and_what_changed`).
//!
//! 6. An id is what the database said for that very row; a row that it did not write is an error and is not told
//!    (`model::a_dropped_row_is_an_error`).
//! 7. A row that was rolled back is saved again as a new one, and never over another
//!    (`model::a_row_that_was_rolled_back_is_saved_as_a_new_one`).
//! 8. Unsaved fields are not told (`model::what_was_not_written_is_not_told`).
//! 9. Digits that the column cannot hold are no change (`model::what_the_column_cannot_hold_is_no_change`).
//! 10. Tasks that save rows of their own do not deadlock (`model::tasks_that_save_new_rows_do_not_deadlock`).
//!
//! # Locks
//!
//! What `save` and `save_many` lock until the transaction ends:
//!
//! | | the row is there | the row is new |
//! |---|---|---|
//! | Postgres | the row (UPDATE; `save_many` and `keep_old` read it `FOR UPDATE` first) | nothing that others wait for, but for the same unique key |
//! | MySQL, MariaDB: no id yet | – | the row (INSERT) |
//! | MySQL, MariaDB: id given by the program | the row, exclusively (an INSERT that finds it there, then UPDATE) | the row (INSERT) |
//! | MySQL, MariaDB: id given by the database, and set | the row (UPDATE) | the row **and the gap around it**: the UPDATE that comes first finds nothing |
//! | SQLite | the whole database, for writing | the same |
//!
//! So on MySQL and MariaDB a new row of a table that numbers its rows, whose id you set yourself, is a case for
//! [`insert`](crate::Tx::insert), which locks no gap. `delete`, `update` and `get` of rows that are not there lock gaps there as
//! plain SQL does (`get` does not lock at all), unless the isolation level is READ COMMITTED. Blocks that save
//! the same rows should do so in the same order, `save_many` in the order of its slice.
//!
//! # When not
//!
//! This is no ORM. There are no relations, no queries beyond the id, no migrations and no composite keys: write those
//! in SQL, or use SeaORM. Plain SQL sends the same signals with one line more, so that a receiver does not care how
//! a row was written:
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! # use aftercommit::{Model, Result, Saved, Tx};
//! # #[derive(Model, Clone)]
//! # #[model(table = "users")]
//! # struct User { #[model(id)] id: i64, name: String }
//! async fn rename(tx: &mut Tx<sqlx::Sqlite>, user: User) -> Result<()> {
//!     sqlx::query("UPDATE users SET name = ? WHERE id = ?").bind(&user.name).bind(user.id).execute(&mut *tx).await?;
//!     tx.send(Saved::updated(user, ["name"])).await
//! }
//! # }
//! ```
//!
//! [`Tx::save`]: crate::Tx::save

mod table;
mod row;
mod signals;
mod unsaved;
mod void;
mod chunks;
mod write;
mod save;
mod batch;
mod many;
mod delete;
mod get;
mod db;

pub use aftercommit_macros::GeneratedId;
#[doc(hidden)]
pub use row::values_differ;
pub use row::{Columns, GeneratedId, Model, Stored, Value, Values};
pub use signals::{Deleted, DeletedMany, Deleting, Saved, SavedMany, Saving};
pub use table::{Column, Table, Written};
pub(crate) use void::{GivenId, VoidIds};
