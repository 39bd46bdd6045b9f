//! Something that cannot be taken back.

use std::sync::{Arc, Mutex, PoisonError};

/// Sends mail. Here it only remembers.
#[derive(Clone, Debug, Default)]
pub struct Mailer(Arc<Mutex<Vec<String>>>);

impl Mailer {
    /// Sends a mail.
    ///
    /// # Errors
    ///
    /// The mail server says no.
    pub async fn send(&self, text: String) -> std::io::Result<()> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text);
        Ok(())
    }

    /// What was sent.
    pub fn sent(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
