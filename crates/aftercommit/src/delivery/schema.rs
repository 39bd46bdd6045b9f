//! Whether the tables are those that this version of the library works with.

use crate::error::{Error, Kind, Result};
use crate::store::{Dialect, ErrorClass, Outbox, classify};

/// The version of the tables.
pub(crate) const VERSION: i64 = 1;

/// # Errors
///
/// `SCHEMA_MISSING`, `SCHEMA_VERSION`, or that the database could not be asked.
pub(crate) async fn check<DB: Dialect>(outbox: &Outbox<DB>) -> Result<()> {
    match outbox.schema_version().await {
        Ok(VERSION) => Ok(()),
        Ok(found) => Err(Error::new(Kind::SchemaVersion {
            found,
            need: VERSION,
        })),
        Err(error) => Err(missing(error)),
    }
}

/// An error about a table that is not there, said in a way that helps.
pub(crate) fn missing(error: Error) -> Error {
    let refused = error
        .as_database()
        .filter(|error| classify(error) == ErrorClass::Refused);
    let code = refused
        .and_then(sqlx::Error::as_database_error)
        .map(|error| {
            let code = error.code().unwrap_or_default().into_owned();
            (code, error.message().to_owned())
        });
    match code {
        // Undefined table: Postgres, MySQL; SQLite has the general code and a text.
        Some((code, text))
            if code == "42P01" || code == "42S02" || text.contains("no such table") =>
        {
            Error::new(Kind::SchemaMissing)
        }
        _ => error,
    }
}
