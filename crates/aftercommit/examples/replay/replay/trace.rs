//! The trace that a program leaves, and the errors in it.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex};

use aftercommit::{Control, Error, Event};
use serde_json::{Value, json};

/// An error as the programs name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

impl Fault {
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Did the block roll back because it was asked to?
    pub fn is_silent(&self) -> bool {
        self.0 == "rolled_back"
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Fault {}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        if let Some(fault) = error.downcast_ref::<Fault>() {
            return fault.clone();
        }
        if let Some(sqlx::Error::Database(database)) = error.as_database()
            && (database.is_unique_violation() || database.is_foreign_key_violation())
        {
            return Fault::new("integrity");
        }
        Fault::new(match error.code() {
            Some("TX_ABORTED") => "broken_transaction".to_owned(),
            Some("ROLLED_BACK") => "rolled_back".to_owned(),
            Some("ROW_MISSING") => "not_updated".to_owned(),
            Some("DURABLE_NESTED") => "durable_nested".to_owned(),
            _ => format!("other:{error}"),
        })
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

/// Collects the events of one program.
#[derive(Clone, Default)]
pub struct Trace(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    events: Vec<Value>,
    /// Savepoints of the open transaction, by database: the library's number, and the trace's if it is shown.
    savepoints: HashMap<&'static str, HashMap<u32, Option<usize>>>,
    /// Savepoints shown so far, by database.
    shown: HashMap<&'static str, usize>,
    hidden: bool,
    muted: bool,
}

impl Trace {
    pub fn emit(&self, event: Value) {
        self.lock().events.push(event);
    }

    pub fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.lock().events)
    }

    /// Savepoints set while this is on belong to a bridge and are not shown.
    pub fn hide(&self, hidden: bool) {
        self.lock().hidden = hidden;
    }

    /// Nothing is shown while this is on: the transaction belongs to a bridge.
    pub fn mute(&self, muted: bool) {
        self.lock().muted = muted;
    }

    /// What an observer of `db` hears.
    pub fn hear(&self, db: &'static str, event: &Event<'_>) {
        let Event::Control(control) = event else {
            return;
        };
        let mut inner = self.lock();
        let inner = &mut *inner;
        if inner.muted {
            return;
        }
        let savepoints = inner.savepoints.entry(db).or_default();
        let statements = match control {
            Control::Begin => {
                savepoints.clear();
                vec!["BEGIN".to_owned()]
            }
            Control::Commit => vec!["COMMIT".to_owned()],
            Control::RollBack => vec!["ROLLBACK".to_owned()],
            Control::Savepoint(number) => {
                let shown = (!inner.hidden).then(|| {
                    let shown = inner.shown.entry(db).or_default();
                    *shown += 1;
                    *shown
                });
                savepoints.insert(*number, shown);
                shown
                    .map(|n| format!("SAVEPOINT sp{n}"))
                    .into_iter()
                    .collect()
            }
            Control::Release(number) => match savepoints.get(number) {
                Some(Some(n)) => vec![format!("RELEASE SAVEPOINT sp{n}")],
                _ => vec![],
            },
            Control::RollBackTo(number) => match savepoints.get(number) {
                Some(Some(n)) => vec![
                    format!("ROLLBACK TO SAVEPOINT sp{n}"),
                    format!("RELEASE SAVEPOINT sp{n}"),
                ],
                _ => vec![],
            },
            _ => vec![],
        };
        inner
            .events
            .extend(statements.into_iter().map(|sql| json!(["tx", db, sql])));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().expect("no panic while the trace is locked")
    }
}
