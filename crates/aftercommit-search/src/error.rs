//! What can go wrong with an index.

use std::fmt;

/// Short for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// An index that could not be opened, changed or asked. It is made an [`aftercommit::Error`] by `?`.
pub struct Error(Box<Inner>);

struct Inner {
    code: &'static str,
    text: String,
    source: Option<Source>,
    guard: Option<aftercommit::Error>,
}

impl Error {
    /// An error with a stable code.
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            text: text.into(),
            source: None,
            guard: None,
        }))
    }

    /// The same, because of another error.
    pub fn caused(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn guard(error: aftercommit::Error) -> Self {
        let mut made = Self::new(error.code().unwrap_or("GUARD"), "");
        made.0.guard = Some(error);
        made
    }

    /// The stable code in the text.
    pub fn code(&self) -> &'static str {
        self.0.code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.guard {
            Some(error) => error.fmt(f),
            None => write!(f, "{}: {}", self.0.code, self.0.text),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Error")
            .field(&self.to_string())
            .field(&self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.0.source.as_deref();
        source.map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl From<Error> for aftercommit::Error {
    fn from(mut error: Error) -> Self {
        match error.0.guard.take() {
            Some(guard) => guard,
            None => aftercommit::Error::other(error),
        }
    }
}
