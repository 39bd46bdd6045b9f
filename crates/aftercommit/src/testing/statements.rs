//! What happens to statements of the library's own.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::error::{DatabaseError, ErrorKind};

use crate::error::{Error, Result};

/// What happens to a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatementFault {
    /// The server refuses it with this SQLSTATE.
    Refused(&'static str),
    /// The connection is lost before the server has seen it.
    CutBefore,
    /// The server has carried it out, and the connection is lost before it could say so.
    CutAfter,
    /// The answer takes so long.
    Delayed(Duration),
}

impl StatementFault {
    /// One of each kind, and the SQLSTATEs that a worker meets in its life: deadlock, serialization failure, read-only, disk
    /// full, too many connections, lock not available, and an error of the server's own.
    pub const ALL: [Self; 10] = [
        Self::Refused("40P01"),
        Self::Refused("40001"),
        Self::Refused("25006"),
        Self::Refused("53100"),
        Self::Refused("53300"),
        Self::Refused("55P03"),
        Self::Refused("XX000"),
        Self::CutBefore,
        Self::CutAfter,
        Self::Delayed(Duration::from_millis(50)),
    ];

    pub(crate) async fn around<T>(self, statement: impl Future<Output = Result<T>>) -> Result<T> {
        let lost = || {
            let lost = io::Error::new(io::ErrorKind::ConnectionReset, "lost on purpose");
            Error::from(sqlx::Error::Io(lost))
        };
        match self {
            Self::Refused(code) => Err(Error::from(sqlx::Error::Database(Box::new(Refusal(code))))),
            Self::CutBefore => Err(lost()),
            Self::CutAfter => {
                // Its answer is what gets lost.
                let _: Result<T> = statement.await;
                Err(lost())
            }
            Self::Delayed(time) => {
                tokio::time::sleep(time).await;
                statement.await
            }
        }
    }
}

/// The faults that are planned, and the statements that were sent.
#[derive(Clone, Default)]
pub(super) struct Statements(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    faults: HashMap<String, StatementFault>,
    sent: BTreeSet<&'static str>,
}

impl Statements {
    fn with<T>(&self, with: impl FnOnce(&mut Plan) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn plan(&self, name: String, fault: StatementFault) {
        self.with(|plan| plan.faults.insert(name, fault));
    }

    pub(super) fn sent(&self) -> Vec<&'static str> {
        self.with(|plan| plan.sent.iter().copied().collect())
    }

    pub(super) fn send(&self, name: &'static str) -> Option<StatementFault> {
        if name.is_empty() {
            return None;
        }
        self.with(|plan| {
            plan.sent.insert(name);
            plan.faults.remove(name)
        })
    }
}

/// An error as a server would send it.
#[derive(Debug)]
struct Refusal(&'static str);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused on purpose with {}", self.0)
    }
}

impl std::error::Error for Refusal {}

impl DatabaseError for Refusal {
    fn message(&self) -> &str {
        "refused on purpose"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}
