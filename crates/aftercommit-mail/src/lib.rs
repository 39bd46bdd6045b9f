//! Mail for services with a database.
//!
//! A [`Message`] is checked before anything is sent, so that a name with a line break in it is an error here and not a
//! forged header there. A [`Mailer`] sends it by a backend: [`Console`], [`Files`], [`Memory`], and SMTP with the feature
//! `smtp`. It tells [`aftercommit::guard`] that it leaves the process: inside an open transaction that is an error in debug
//! builds. The place for it is an `after_commit` receiver, or a `durable` one, for which there is [`Mailer::deliver`]:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use aftercommit::signal::with_state;
//! use aftercommit::{Db, Signals};
//! use aftercommit_mail::{Mailer, Memory, Message};
//!
//! struct Registered { address: String }
//!
//! async fn welcome(mailer: &Mailer, registered: &Registered) -> aftercommit::Result<()> {
//!     let message = Message::new("Hipster <hello@example.com>")
//!         .to(&*registered.address)
//!         .subject("Welcome")
//!         .text("Good to have you.");
//!     mailer.send(message).await?;
//!     aftercommit::Ok(())
//! }
//!
//! let outbox = Memory::new();
//! let mailer = Mailer::new(outbox.clone());
//! let signals = Signals::new().after_commit("welcome", with_state(mailer, welcome));
//! let db: Db<sqlx::Sqlite> = Db::connect("sqlite::memory:").await?.with_signals(signals);
//!
//! db.atomic(async |tx| tx.send(Registered { address: "ada@example.com".into() }).await).await?;
//! assert_eq!(outbox.sent()[0].subject(), "Welcome");
//! # Ok(())
//! # }
//! ```
//!
//! The guarantees, each with the test that proves it:
//!
//! 1. What a message says cannot become a header, an envelope or a command (`hostile::headers_are_not_injected`).
//! 2. Every recipient has an outcome of its own (`smtp::each_recipient_has_its_own_outcome`).
//! 3. A blind copy's address is in no header (`messages::blind_copies_stay_blind`).
//! 4. The same [`Message`] sent again carries the same Message-ID (`messages::a_repeat_carries_the_same_id`).
//! 5. A connection lost after the message was handed over is *in doubt*, and says so (`smtp::a_failure_at_each_step_says_what_it_means`).
//! 6. A mail by effect has the effect's id, and its repeat is the same mail (`durable::a_repeat_is_the_same_mail`).
//! 7. While the process lives, a repeat goes to those only who did not get it (`durable::nobody_gets_it_twice`).
//!
//! Absent on purpose: templates (any engine renders a `String`), reading mail, DKIM (the relay signs).

mod address;
mod attachment;
mod message;
mod check;
mod wire;
mod error;
mod receipt;
mod mailer;
mod deliver;
mod backend;

pub use address::Policy;
pub use attachment::Attachment;
pub use backend::{Backend, Console, Files, Memory};
#[cfg(feature = "smtp")]
pub use backend::{Security, Smtp};
pub use check::{Limits, Outgoing};
pub use error::{Error, Result};
pub use mailer::Mailer;
pub use message::Message;
pub use receipt::{Outcome, Receipt, Refusal, Why};

/// The examples of the page run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/mail.md")]
struct Documentation;
