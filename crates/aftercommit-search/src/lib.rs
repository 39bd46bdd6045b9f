//! Search indexes that follow the database.
//!
//! An [`Index`] says which documents the rows of a model become. Connected to the model's signals it is kept up to date
//! after each commit, so that a search never finds what was rolled back. [`Indexed::search`] asks it: words, filters, order,
//! pages, and the words marked in what was found.
//!
//! ```
//! # #[cfg(feature = "tantivy")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use aftercommit::{Db, Model, Signals};
//! use aftercommit_search::{Index, Query, Tantivy};
//!
//! #[derive(Model, Clone)]
//! #[model(table = "users")]
//! struct User {
//!     #[model(id)]
//!     id: i64,
//!     name: String,
//!     city: String,
//! }
//!
//! let folder = tempfile::tempdir()?;
//! let users = Index::of("users")
//!     .text("name", |user: &User| user.name.clone())
//!     .keyword("city", |user| user.city.clone())
//!     .open(Tantivy::in_folder(folder.path()))
//!     .await?;
//!
//! let db: Db<sqlx::Sqlite> = Db::connect("sqlite::memory:").await?.with_signals(users.after_commit(Signals::new()));
//! sqlx::query("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL)")
//!     .execute(db.pool())
//!     .await?;
//! db.save(&mut User { id: 0, name: "Ada Lovelace".into(), city: "London".into() }).await?;
//!
//! let page = users.search(Query::words("love").filter("city", "London").highlight("name")).await?;
//! assert_eq!(page.ids::<i64>()?, [1]);
//! assert_eq!(page.hits[0].highlights["name"], "Ada <mark>Lovelace</mark>");
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "tantivy"))]
//! # fn main() {}
//! ```
//!
//! The guarantees, each with the test that proves it:
//!
//! 1. What was rolled back is not found (`processor::what_was_rolled_back_is_not_found`).
//! 2. A change is found as soon as its hook has run (`processor::save_and_delete_are_followed`).
//! 3. Whatever stands in the words of a query, it is words: never a syntax, never an error of the server's
//!    (`query::hostile_words_are_words`).
//! 4. What is marked in a highlight is escaped otherwise (`query::highlights_are_safe_to_show`).
//! 5. By effects, what was committed is found also after a crash (`durable::a_change_outlives_its_process`).
//! 6. By effects, changes of one document are made in the order of their commits
//!    (`durable::a_document_follows_the_order_of_commits`).
//!
//! # When not
//!
//! An after-commit change lives in memory: it is lost if the process dies before it is made, and two transactions that
//! change the same row at once may be followed in the other order. [`Indexed::durable`] is for where that matters;
//! [`Indexed::put`] rebuilds what was missed.

mod change;
mod index;
mod query;
mod page;
mod error;
mod indexed;
mod processor;
mod document;
mod durable;
mod engine;

pub use change::{Change, Value};
pub use engine::Engine;
#[cfg(feature = "tantivy")]
pub use engine::Tantivy;
pub use error::{Error, Result};
pub use index::{Definition, Field, Index, Kind};
pub use indexed::Indexed;
pub use page::{Hit, Page};
pub use query::{Direction, Query};

/// The examples of the page run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/search.md")]
struct Documentation;
