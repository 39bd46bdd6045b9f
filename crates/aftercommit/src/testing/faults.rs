//! Receivers and hooks that fail on demand.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::points::{Act, Points};
use super::statements::{StatementFault, Statements};
use crate::delivery::Point;
use crate::error::{Error, Result};
use crate::store::Dialect;
use crate::transaction::Db;

/// Makes receivers and named hooks fail, by their names, without a change in the program under test.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> aftercommit::Result<()> {
/// use aftercommit::testing::Faults;
/// # let db: aftercommit::Db<sqlx::Sqlite> = aftercommit::Db::connect("sqlite::memory:").await?;
/// let faults = Faults::new().fails("send_welcome", "the mail server is down");
/// let db = db.with_faults(&faults);
///
/// let report = db
///     .atomic_report(async |tx| {
///         tx.on_commit_named("send_welcome", async || println!("welcome"));
///         aftercommit::Ok(())
///     })
///     .await?;
/// assert!(report.hooks[0].result.is_err());
/// assert_eq!(faults.hits("send_welcome"), 1);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Clone, Default)]
pub struct Faults {
    named: Arc<Mutex<HashMap<String, Fault>>>,
    points: Points,
    statements: Statements,
}

struct Fault {
    what: What,
    /// How many calls are still to fail; `None` for all.
    left: Option<u32>,
    hits: u32,
}

enum What {
    Error(String),
    Panic(String),
}

impl Faults {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every call of this name fails with this text, instead of running.
    pub fn fails(self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.add(name, What::Error(text.into()), None)
    }

    /// The next calls of this name fail; those behind them run.
    pub fn fails_times(self, name: impl Into<String>, times: u32, text: impl Into<String>) -> Self {
        self.add(name, What::Error(text.into()), Some(times))
    }

    /// Every call of this name panics with this text.
    pub fn panics(self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.add(name, What::Panic(text.into()), None)
    }

    /// How many calls of this name have failed for it.
    pub fn hits(&self, name: &str) -> u32 {
        self.with(|faults| faults.get(name).map_or(0, |fault| fault.hits))
    }

    fn add(self, name: impl Into<String>, what: What, left: Option<u32>) -> Self {
        let fault = Fault {
            what,
            left,
            hits: 0,
        };
        self.with(|faults| faults.insert(name.into(), fault));
        self
    }

    fn with<T>(&self, with: impl FnOnce(&mut HashMap<String, Fault>) -> T) -> T {
        with(&mut self.named.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does something at a boundary between two steps of an effect's life, once, when it is reached for the `time`th time
    /// (counted from 1).
    pub fn at_point(self, point: Point, time: u32, act: Act) -> Self {
        self.points.plan(point, time, act);
        self
    }

    /// Something happens to a statement of the library's own on effects, by its name, once: the next time it is sent.
    pub fn at_statement(self, name: impl Into<String>, fault: StatementFault) -> Self {
        self.statements.plan(name.into(), fault);
        self
    }

    /// The names of the library's statements on effects that were sent.
    pub fn statements(&self) -> Vec<&'static str> {
        self.statements.sent()
    }

    pub(crate) fn statement(&self, name: &'static str) -> Option<StatementFault> {
        self.statements.send(name)
    }

    /// How often a boundary was reached.
    pub fn reached(&self, point: Point) -> u32 {
        self.points.reached(point)
    }

    pub(crate) async fn at(&self, point: Point) -> Result<()> {
        self.points.at(point).await
    }

    /// Called before a receiver or a hook of this name runs.
    #[expect(
        clippy::panic,
        reason = "asked for by a test, to see that it is contained"
    )]
    pub(crate) fn before(&self, name: &str) -> Result<()> {
        let failing = self.with(|faults| {
            let fault = faults.get_mut(name)?;
            match &mut fault.left {
                Some(0) => return None,
                Some(left) => *left -= 1,
                None => {}
            }
            fault.hits += 1;
            Some(match &fault.what {
                What::Error(text) => Ok(text.clone()),
                What::Panic(text) => Err(text.clone()),
            })
        });
        match failing {
            None => Ok(()),
            Some(Ok(text)) => Err(Error::other(text)),
            Some(Err(text)) => panic!("{text}"),
        }
    }
}

impl<DB: Dialect> Db<DB> {
    /// A handle whose receivers and hooks fail as the faults say. Clones of the faults can be asked and added to.
    pub fn with_faults(self, faults: &Faults) -> Self {
        let faults = faults.clone();
        self.configure(|observers| observers.faults = Some(faults))
    }

    /// Takes the probe away that goes around statements which may end the transaction, so that a test of it can be seen to
    /// fail.
    #[doc(hidden)]
    pub fn without_proof(self) -> Self {
        self.configure(|observers| observers.without_probes = true)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.with(|faults| faults.keys().cloned().collect::<Vec<_>>());
        f.debug_tuple("Faults").field(&names).finish()
    }
}
