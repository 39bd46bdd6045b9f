//! One opaque error, asked rather than matched.
//!
//! A service mostly passes an [`Error`] on. Where it must branch it asks: is this worth another try, did it
//! collide with somebody, is it unknown whether the commit happened? What users look up carries a stable
//! code in front of its text, and [`Error::code`] returns it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::panic::Location;

mod database;
mod kind;
mod text;

pub(crate) use database::refused;
pub(crate) use kind::Kind;

/// A boxed error of any kind, as hooks and receivers may return it.
pub type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// The result of this library's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// `Ok` with this library's error type, for the end of a block or a closure whose error type nothing else tells.
///
/// Write it with its path: imported by its name or by `*`, it hides the `Ok` of [`std::result::Result`], which also stands in patterns.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> aftercommit::Result<()> {
/// # let db: aftercommit::Db<sqlx::Sqlite> = aftercommit::Db::connect("sqlite::memory:").await?;
/// db.atomic(async |tx| {
///     sqlx::query("SELECT 1").execute(&mut *tx).await?;
///     aftercommit::Ok(())
/// })
/// .await?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
///
/// # Errors
///
/// Never.
#[expect(non_snake_case, reason = "it stands where `Ok` stands")]
pub fn Ok<T>(value: T) -> Result<T> {
    Result::Ok(value)
}

/// Why a block, a commit or a signal did not go through.
///
/// The text is one sentence that names the thing and the way out; what the database itself said is behind
/// [`source`](StdError::source).
///
/// ```
/// # use aftercommit::Error;
/// fn answer(error: &Error) -> u16 {
///     if error.is_commit_in_doubt() {
///         202 // it may have happened: do not tell the client to send it again
///     } else if error.is_retryable() {
///         503
///     } else {
///         500
///     }
/// }
/// ```
pub struct Error {
    kind: Box<Kind>,
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind: Box::new(kind),
        }
    }

    /// On its way through sqlx, whose executors have a fixed error type.
    pub(crate) fn into_sqlx(self) -> sqlx::Error {
        match *self.kind {
            Kind::Database(error) => error,
            kind => refused(kind),
        }
    }

    /// Wraps an error of the application, so that a block or a receiver can return it.
    ///
    /// ```
    /// # use aftercommit::Error;
    /// let error = Error::other("the mailbox is full");
    /// assert_eq!(error.to_string(), "the mailbox is full");
    /// ```
    pub fn other(error: impl Into<BoxError>) -> Self {
        match error.into().downcast::<Error>() {
            Result::Ok(own) => *own,
            Err(other) => Self::new(Kind::Other(other)),
        }
    }

    /// The library's error in an error of another kind, or behind it as a source.
    ///
    /// A block may have another error type than this one: sqlx's own, the application's enum, a boxed error. This
    /// gives the questions back, so that a commit in doubt is not taken for one that failed.
    ///
    /// ```
    /// # use aftercommit::Error;
    /// fn answer(error: &sqlx::Error) -> u16 {
    ///     match Error::find(error) {
    ///         Some(error) if error.is_commit_in_doubt() => 202,
    ///         _ => 500,
    ///     }
    /// }
    /// ```
    ///
    /// An `anyhow::Error` and a boxed error are handed over as `Error::find(&**error)` or `Error::find(&*error)`.
    /// [`None`] for a plain error of the database that sqlx reports: [`Error::from`] asks such a one.
    pub fn find<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            let own = error.downcast_ref::<Self>();
            let own = own.or_else(|| database::carried(error.downcast_ref::<sqlx::Error>()?));
            if let Some(own) = own {
                return Some(match &*own.kind {
                    // What the application wrapped may be the library's again.
                    Kind::Other(inner) => Self::find(&**inner).unwrap_or(own),
                    _ => own,
                });
            }
            next = error.source();
        }
        None
    }

    /// The stable code of what users look up, such as `TX_ABORTED`; [`None`] for an error of the
    /// application or a plain error of the database.
    pub fn code(&self) -> Option<&'static str> {
        self.kind.code()
    }

    /// Is it unknown whether the transaction was committed?
    ///
    /// The connection was lost during COMMIT and asking the server afterwards gave no answer either. No
    /// hook has run. Do not simply try again: look first whether the rows are there.
    pub fn is_commit_in_doubt(&self) -> bool {
        matches!(*self.kind, Kind::CommitInDoubt { .. })
    }

    /// What kind of failure of the database it was.
    pub(crate) fn class(&self) -> crate::store::ErrorClass {
        use crate::store::ErrorClass;
        match &*self.kind {
            Kind::Broken { class, .. } => *class,
            Kind::Busy { .. } => ErrorClass::LockTimeout,
            Kind::NoConnection { .. } => ErrorClass::NoConnection,
            Kind::ConnectionLost { .. } => ErrorClass::ConnectionLost,
            Kind::Database(error) => crate::store::classify(error),
            _ => ErrorClass::Refused,
        }
    }

    /// Could the same block succeed if it were run again from its start?
    ///
    /// True for a [conflict](Self::is_conflict), a [busy database](Self::is_busy) and a connection that was
    /// lost before COMMIT was sent. Never true for a commit in doubt.
    pub fn is_retryable(&self) -> bool {
        self.is_conflict() || self.is_busy() || self.is_connection_lost()
    }

    /// Did it collide with another transaction: a serialization failure, a deadlock, a lock wait that timed out?
    ///
    /// A lock wait that timed out includes `NOWAIT`, and SQLite's write lock, which is also [busy](Self::is_busy). This
    /// is what [`retry`](crate::Db::retry) goes by. A block that was left as if nothing had happened, after a statement
    /// of it had collided, collided too.
    pub fn is_conflict(&self) -> bool {
        match &*self.kind {
            Kind::Broken { class, .. } => class.is_conflict(),
            Kind::Busy { .. } => true,
            Kind::Database(error) => crate::store::classify(error).is_conflict(),
            _ => false,
        }
    }

    /// Was the database too busy: a lock was not to be had in time (on SQLite the write lock), or the pool had no
    /// connection left?
    pub fn is_busy(&self) -> bool {
        match &*self.kind {
            Kind::Broken { class, .. } => class.is_busy(),
            Kind::Busy { .. } | Kind::NoConnection { .. } => true,
            Kind::Database(error) => crate::store::classify(error).is_busy(),
            _ => false,
        }
    }

    /// Was the connection lost (and the transaction with it)?
    pub fn is_connection_lost(&self) -> bool {
        match &*self.kind {
            Kind::Broken { class, .. } => class.is_connection_lost(),
            Kind::ConnectionLost { .. } => true,
            Kind::Database(error) => crate::store::classify(error).is_connection_lost(),
            _ => false,
        }
    }

    /// Was the block asked to roll back, with [`Tx::set_rollback`](crate::Tx::set_rollback)?
    ///
    /// This is how such a block says that it did what it was asked.
    pub fn is_rolled_back(&self) -> bool {
        matches!(*self.kind, Kind::RolledBack { .. })
    }

    /// Like [`is_rolled_back`](Self::is_rolled_back), and by the program itself; not because a nested block failed that had
    /// joined.
    #[cfg(feature = "axum")]
    pub(crate) fn was_asked_to_roll_back(&self) -> bool {
        matches!(*self.kind, Kind::RolledBack { place: Some(_) })
    }

    /// Is the block broken: did an earlier statement fail in it, so that no further one is sent?
    pub fn is_broken(&self) -> bool {
        matches!(*self.kind, Kind::Broken { .. } | Kind::Doomed { .. })
    }

    /// Was there no row with that id?
    pub fn is_row_missing(&self) -> bool {
        matches!(*self.kind, Kind::RowMissing { .. })
    }

    /// The error of the database, where there is one.
    pub fn as_database(&self) -> Option<&sqlx::Error> {
        match &*self.kind {
            Kind::Database(error) => Some(error),
            _ => None,
        }
    }

    /// The application's own error, if it was wrapped by [`Error::other`] and is a `T`.
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        match &*self.kind {
            Kind::Other(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for Error {
    /// Keeps the database's error, and recognises this library's own where sqlx carried it.
    fn from(error: sqlx::Error) -> Self {
        match database::unwrap(error) {
            Result::Ok(own) => own,
            Err(foreign) => Self::new(Kind::Database(foreign)),
        }
    }
}

impl From<Error> for sqlx::Error {
    /// So that a block can have sqlx's error as its own. What sqlx has no variant for travels inside
    /// [`sqlx::Error::Database`]; [`Error::find`] finds it there, and `From` takes it out again.
    fn from(error: Error) -> Self {
        error.into_sqlx()
    }
}

impl From<BoxError> for Error {
    fn from(error: BoxError) -> Self {
        Self::other(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.code() {
            write!(f, "{code}: ")?;
        }
        self.kind.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.kind).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.kind.source()
    }
}

/// `file:line` of a place in the program, as error texts and events name it.
pub(crate) fn at(place: &Location<'_>) -> Cow<'static, str> {
    format!("{}:{}", place.file(), place.line()).into()
}
