//! A transaction for each request, with axum.
//!
//! [`transaction_per_request`] is a layer; a handler that takes a [`Transaction`] gets the request's own, begun on the
//! first use. It is committed before the response leaves, hooks included, and rolled back if the response is an error
//! ([`is_success`] says which are, unless you do), if the handler panics or takes too long, or if the client goes away first.
//!
//! ```no_run
//! # #[cfg(feature = "sqlite")]
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use aftercommit::Db;
//! use aftercommit::request::{Transaction, transaction_per_request};
//! use axum::{Router, http::StatusCode, routing::post};
//! use sqlx::Sqlite;
//!
//! async fn register(mut tx: Transaction<Sqlite>) -> Result<StatusCode, StatusCode> {
//!     let insert = sqlx::query("INSERT INTO users (name) VALUES ('Ada')").execute(&mut *tx).await;
//!     tx.on_commit(async || println!("welcome"));
//!     insert.map(|_| StatusCode::CREATED).map_err(|_| StatusCode::CONFLICT)
//! }
//!
//! let db: Db<Sqlite> = Db::connect("sqlite://app.db").await?;
//! let app: Router = Router::new().route("/register", post(register)).layer(transaction_per_request(db));
//! # Ok(())
//! # }
//! ```
//!
//! The guarantees, each with the test that proves it:
//!
//! 1. A response says success only if the transaction was committed: a commit that fails makes it an error
//!    (`request::success_is_never_said_for_what_did_not_commit`).
//! 2. An error response, a panic and a client that goes away roll back (`request::errors_and_panics_roll_back`).
//! 3. Without a handler that takes it there is no transaction (`request::nothing_is_begun_for_nothing`).
//! 4. It is begun with the first statement, not before: while a body is on its way no connection and no lock is held. One that
//!    cannot be begun fails that statement, and the response is no success
//!    (`request::a_transaction_that_cannot_be_begun_is_no_success`).
//!
//! 5. What a response means is yours to say: errors that travel with status 200 roll back
//!    (`request::a_response_means_what_the_program_says`).
//! 6. A preview keeps its response and leaves nothing behind (`request::a_preview_is_answered_and_rolled_back`).
//! 7. Two databases of one kind are told apart by name, and are an error without
//!    (`request::two_databases_of_one_kind_have_names`).
//! 8. A request does not keep its transaction for ever (`request::a_request_that_takes_too_long_is_rolled_back`).
//!
//! # Streaming
//!
//! The commit comes before the first byte of the body. A body that is streamed must therefore not use the transaction:
//! one that keeps it makes the response an error, and what was written is rolled back. Read what is to be streamed first,
//! or stream from the pool.

mod extract;
mod layer;
mod slot;
mod success;

pub use extract::{Refused, Transaction};
pub use layer::{Service, TransactionLayer, transaction_per_request};
pub use success::is_success;
