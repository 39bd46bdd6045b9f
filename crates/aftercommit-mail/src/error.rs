//! What can go wrong with a mail.

use std::fmt;

use crate::receipt::{Receipt, Refusal, Why};

/// Short for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A mail that was not sent, or not to everybody.
///
/// The text never holds what the mail says, and of an address no more than its first character and its domain. It is
/// made an [`aftercommit::Error`] by `?`.
pub struct Error(Box<Kind>);

enum Kind {
    Field {
        code: &'static str,
        field: String,
        why: String,
    },
    /// Nobody got it.
    Backend {
        refusal: Refusal,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Some got it.
    Recipients(Receipt),
    Guard(aftercommit::Error),
}

impl Error {
    pub(crate) fn field(code: &'static str, field: impl Into<String>, why: String) -> Self {
        Self(Box::new(Kind::Field {
            code,
            field: field.into(),
            why,
        }))
    }

    /// Nobody got the mail.
    pub fn backend(refusal: Refusal) -> Self {
        Self(Box::new(Kind::Backend {
            refusal,
            source: None,
        }))
    }

    /// Nobody got the mail, because of another error.
    pub fn caused(
        refusal: Refusal,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self(Box::new(Kind::Backend {
            refusal,
            source: Some(source.into()),
        }))
    }

    pub(crate) fn recipients(receipt: Receipt) -> Self {
        Self(Box::new(Kind::Recipients(receipt)))
    }

    pub(crate) fn guard(error: aftercommit::Error) -> Self {
        Self(Box::new(Kind::Guard(error)))
    }

    /// The stable code in the text: `MAIL_HEADER_INJECTION`, `MAIL_ADDRESS`, …
    pub fn code(&self) -> &'static str {
        match &*self.0 {
            Kind::Field { code, .. } => code,
            Kind::Backend { refusal, .. } => refusal.why.code(),
            Kind::Recipients(_) => "MAIL_RECIPIENTS",
            Kind::Guard(error) => error.code().unwrap_or("GUARD"),
        }
    }

    /// The field that is wrong, where the message itself is.
    pub fn field_name(&self) -> Option<&str> {
        match &*self.0 {
            Kind::Field { field, .. } => Some(field),
            _ => None,
        }
    }

    /// What became of each recipient, where some got the mail and others did not.
    pub fn receipt(&self) -> Option<&Receipt> {
        match &*self.0 {
            Kind::Recipients(receipt) => Some(receipt),
            _ => None,
        }
    }

    /// Whether the same message may go through later (to those who did not get it).
    pub fn is_retryable(&self) -> bool {
        self.has(|why| matches!(why, Why::Later | Why::Unavailable))
    }

    /// Whether the mail may have gone out all the same: the connection was lost after the server had it.
    pub fn is_in_doubt(&self) -> bool {
        self.has(|why| why == Why::InDoubt)
    }

    /// Why nobody got it, where that is about the backend and not about the message.
    pub(crate) fn why(&self) -> Option<Why> {
        match &*self.0 {
            Kind::Backend { refusal, .. } => Some(refusal.why),
            _ => None,
        }
    }

    fn has(&self, such: impl Fn(Why) -> bool) -> bool {
        match &*self.0 {
            Kind::Backend { refusal, .. } => such(refusal.why),
            Kind::Recipients(receipt) => receipt.refused().any(|(_, refusal)| such(refusal.why)),
            Kind::Field { .. } | Kind::Guard(_) => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Field { code, field, why } => write!(f, "{code} field={field}: {why}"),
            Kind::Backend { refusal, .. } => write!(
                f,
                "{}: the mail was not sent: {refusal}",
                refusal.why.code()
            ),
            Kind::Recipients(receipt) => {
                let refused = receipt.refused().count();
                write!(
                    f,
                    "MAIL_RECIPIENTS: {refused} of {} did not get the mail",
                    receipt.outcomes.len()
                )?;
                for (address, refusal) in receipt.refused().take(3) {
                    write!(f, "; {}: {refusal}", crate::address::masked(address))?;
                }
                if refused > 3 {
                    write!(f, "; and {} more", refused - 3)?;
                }
                Ok(())
            }
            Kind::Guard(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Error").field(&self.to_string()).finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Kind::Backend { source, .. } => source
                .as_deref()
                .map(|source| source as &(dyn std::error::Error + 'static)),
            Kind::Guard(error) => std::error::Error::source(error),
            Kind::Field { .. } | Kind::Recipients(_) => None,
        }
    }
}

impl From<Error> for aftercommit::Error {
    fn from(error: Error) -> Self {
        match *error.0 {
            Kind::Guard(error) => error,
            _ => aftercommit::Error::other(error),
        }
    }
}
