//! Carries this library's errors through sqlx.
//!
//! A `Tx` is a `sqlx::Executor`, whose error type is fixed. An own error travels inside
//! `sqlx::Error::Database` and is taken out again by `From<sqlx::Error>`, so that code which only knows sqlx
//! sees a database error with a code and a message.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use sqlx::error::{DatabaseError, ErrorKind};

use super::{Error, Kind};

/// An own error in sqlx's clothes.
pub(crate) fn refused(kind: Kind) -> sqlx::Error {
    let error = Error::new(kind);
    sqlx::Error::Database(Box::new(Refused {
        text: error.to_string(),
        error,
    }))
}

/// The own error inside one of sqlx.
pub(super) fn carried(error: &sqlx::Error) -> Option<&Error> {
    let refused = error.as_database_error()?.try_downcast_ref::<Refused>()?;
    Some(&refused.error)
}

/// The own error that [`refused`] wrapped, or the foreign one unchanged.
pub(super) fn unwrap(error: sqlx::Error) -> Result<Error, sqlx::Error> {
    match error {
        sqlx::Error::Database(inner) => match inner.try_downcast::<Refused>() {
            Ok(refused) => Ok(refused.error),
            Err(foreign) => Err(sqlx::Error::Database(foreign)),
        },
        other => Err(other),
    }
}

#[derive(Debug)]
struct Refused {
    text: String,
    error: Error,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Refused {}

impl DatabaseError for Refused {
    fn message(&self) -> &str {
        &self.text
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        self.error.code().map(Cow::Borrowed)
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_error_survives_the_way_through_sqlx() {
        let carried = refused(Kind::NestingTooDeep { limit: 7 });
        assert_eq!(
            carried
                .as_database_error()
                .and_then(|e| e.code())
                .as_deref(),
            Some("NESTING_TOO_DEEP")
        );
        assert_eq!(Error::from(carried).code(), Some("NESTING_TOO_DEEP"));
    }

    #[test]
    fn a_commit_in_doubt_is_found_behind_other_errors() {
        #[derive(Debug)]
        struct App(sqlx::Error);
        impl fmt::Display for App {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the order was not placed")
            }
        }
        impl StdError for App {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                Some(&self.0)
            }
        }
        let in_doubt = || {
            Error::new(Kind::CommitInDoubt {
                why: "nobody answered".into(),
                source: None,
            })
        };
        let found = |error: &(dyn StdError + 'static)| {
            Error::find(error).is_some_and(Error::is_commit_in_doubt)
        };
        assert!(found(&in_doubt()));
        assert!(found(&sqlx::Error::from(in_doubt())));
        assert!(found(&App(in_doubt().into())));
        assert!(found(&Error::other(App(in_doubt().into()))));
        assert!(!found(&App(sqlx::Error::RowNotFound)));
        let boxed: crate::BoxError = Box::new(App(in_doubt().into()));
        assert!(found(&*boxed));
    }

    #[test]
    fn a_foreign_error_stays_what_it_is() {
        let error = Error::from(sqlx::Error::RowNotFound);
        assert!(matches!(
            error.as_database(),
            Some(sqlx::Error::RowNotFound)
        ));
        assert_eq!(error.code(), None);
    }
}
