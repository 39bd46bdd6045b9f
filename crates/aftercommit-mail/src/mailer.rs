//! Sends messages.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use aftercommit::guard;

use crate::address::Policy;
use crate::backend::Backend;
use crate::check::{Limits, Outgoing};
use crate::deliver::Served;
use crate::error::{Error, Result};
use crate::message::Message;
use crate::receipt::Receipt;

/// Checks messages and hands them to a backend. Clones share the backend.
#[derive(Clone)]
pub struct Mailer {
    pub(crate) backend: Arc<dyn Backend>,
    policy: Policy,
    limits: Limits,
    pub(crate) served: Served,
}

impl Mailer {
    /// Sends by this backend.
    pub fn new(backend: impl Backend) -> Self {
        Self {
            backend: Arc::new(backend),
            policy: Policy::default(),
            limits: Limits::default(),
            served: Served::default(),
        }
    }

    /// Takes other addresses.
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Takes more, or less.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sends a message to all of its recipients, now. Its place is an `after_commit` receiver or an on-commit hook; a `durable`
    /// receiver has [`deliver`](Self::deliver).
    ///
    /// # Errors
    ///
    /// A message that is not sound, before anything was sent. A backend that refused it. If only some recipients got it,
    /// [`Error::receipt`] tells which. Inside an open transaction, what [`aftercommit::guard`] says.
    ///
    /// # Cancel safety
    ///
    /// Nobody knows whether a message was sent whose sending was dropped: its Message-ID is the same next time.
    #[track_caller]
    pub fn send(&self, message: Message) -> impl Future<Output = Result<Receipt>> + Send + use<> {
        let (mailer, place) = (self.clone(), Location::caller());
        async move {
            let outgoing = mailer.checked(&message, place)?;
            let receipt = mailer.backend.send(&outgoing).await?;
            if receipt.refused().next().is_some() {
                return Err(Error::recipients(receipt));
            }
            Ok(receipt)
        }
    }

    /// The message as it may go out, from here and now.
    pub(crate) fn checked(
        &self,
        message: &Message,
        place: &'static Location<'static>,
    ) -> Result<Outgoing> {
        guard::leaving_at("mail", place).map_err(Error::guard)?;
        let outgoing = message.check(self.policy, self.limits)?;
        if outgoing.suspicious {
            tracing::warn!(
                id = outgoing.id,
                "a name or the subject has characters that make it look like another text"
            );
        }
        Ok(outgoing)
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer")
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
