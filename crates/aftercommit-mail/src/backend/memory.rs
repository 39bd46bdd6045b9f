//! Mail in memory, for tests.

use std::sync::{Arc, Mutex, PoisonError};

use futures_core::future::BoxFuture;

use super::Backend;
use crate::check::Outgoing;
use crate::error::{Error, Result};
use crate::receipt::{Receipt, Refusal};

/// Keeps what was sent. Clones share it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> aftercommit_mail::Result<()> {
/// use aftercommit_mail::{Mailer, Memory, Message};
///
/// let outbox = Memory::new();
/// let mailer = Mailer::new(outbox.clone());
/// mailer.send(Message::new("a@example.com").to("b@example.com").text("hi")).await?;
/// outbox.assert_sent_to(&["b@example.com"]);
/// assert_eq!(outbox.sent()[0].text(), Some("hi"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    sent: Vec<Outgoing>,
    failing: Option<Refusal>,
}

impl Memory {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was sent, in order.
    pub fn sent(&self) -> Vec<Outgoing> {
        self.state(|state| state.sent.clone())
    }

    /// What was sent to an address, in order.
    pub fn sent_to(&self, address: &str) -> Vec<Outgoing> {
        let to = |mail: &Outgoing| mail.recipients().iter().any(|to| to == address);
        self.sent().into_iter().filter(to).collect()
    }

    /// # Panics
    ///
    /// If mail was not sent to exactly these addresses, in this order, with both lists. A message to several counts for
    /// each of them.
    #[track_caller]
    pub fn assert_sent_to(&self, expected: &[&str]) {
        let sent: Vec<String> = self.sent().iter().flat_map(Outgoing::recipients).collect();
        assert_eq!(
            sent, expected,
            "mail went to (left) others than expected (right)"
        );
    }

    /// Forgets what was sent.
    pub fn clear(&self) {
        self.state(|state| state.sent.clear());
    }

    /// Refuses everything from now on, or takes it again.
    pub fn fail(&self, with: Option<Refusal>) {
        self.state(|state| state.failing = with);
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Backend for Memory {
    fn send<'a>(&'a self, mail: &'a Outgoing) -> BoxFuture<'a, Result<Receipt>> {
        Box::pin(async move {
            self.state(|state| match &state.failing {
                Some(refusal) => Err(Error::backend(refusal.clone())),
                None => {
                    state.sent.push(mail.clone());
                    Ok(Receipt::all(mail.recipients()))
                }
            })
        })
    }
}
