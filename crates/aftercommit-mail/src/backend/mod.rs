//! Where mail goes.

mod console;
mod file;
mod memory;
#[cfg(feature = "smtp")]
mod smtp;

use futures_core::future::BoxFuture;

use crate::check::Outgoing;
use crate::error::Result;
use crate::receipt::Receipt;

pub use console::Console;
pub use file::Files;
pub use memory::Memory;
#[cfg(feature = "smtp")]
pub use smtp::{Security, Smtp};

/// A way to send mail. What the library's own do, a program's can do.
pub trait Backend: Send + Sync + 'static {
    /// Sends a message that was checked, and says what became of each recipient.
    ///
    /// # Errors
    ///
    /// If the message was not sent at all. A recipient that is refused is an outcome, also if it is the only one.
    fn send<'a>(&'a self, mail: &'a Outgoing) -> BoxFuture<'a, Result<Receipt>>;
}
