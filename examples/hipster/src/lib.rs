//! The registration service of the story.
//!
//! Someone registers: a row in the database, a welcome mail, a document in the search index. Then a later line
//! fails. What is left is decided by one word, which stands in `receivers.rs`.

mod index;
mod mailbox;
mod receivers;
mod service;
mod story;
mod users;
mod views;

mod page;
mod web;

pub use receivers::Mode;
pub use service::Service;
pub use story::tell;
pub use views::{Known, Views};
pub use web::router;
