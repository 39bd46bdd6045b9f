//! The registration service of the story.
//!
//! Someone registers: a row in the database, a welcome mail, a document in the search index. Then a later line
//! fails. What is left is decided by one word, which stands in `receivers.rs`.

mod users;
mod receivers;
mod accounts;
mod password;
mod database;
mod mailbox;
mod index;
mod views;
mod service;
mod places;
mod story;
mod crash;

mod page;
mod web;

pub use crash::die_after_commit;
pub use places::Places;
pub use receivers::Mode;
pub use service::Service;
pub use story::tell;
pub use users::NewUser;
pub use views::{Known, Views};
pub use web::router;
