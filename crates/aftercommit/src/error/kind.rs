//! What can go wrong, one variant a thing, with the word that a program reads.

use std::error::Error as StdError;
use std::panic::Location;
use std::time::Duration;

use super::BoxError;
use crate::effect::{EffectId, Unfit};
use crate::store::ErrorClass;

type Place = &'static Location<'static>;

/// The private side of [`Error`](super::Error).
#[derive(Debug)]
pub(crate) enum Kind {
    /// A statement, a BEGIN or a COMMIT failed at the database.
    Database(sqlx::Error),
    /// The application's own error.
    Other(BoxError),
    /// A statement failed earlier in the block; asked, it answers as that failure did.
    Broken {
        first: String,
        class: ErrorClass,
    },
    /// The block was marked for rollback: no further statement is sent.
    Doomed {
        place: Option<Place>,
    },
    /// The block was left without an error, and rolled back as it had been asked to.
    RolledBack {
        place: Option<Place>,
    },
    /// Committed or not: nobody knows.
    CommitInDoubt {
        why: String,
        source: Option<BoxError>,
    },
    /// The connection went away before COMMIT was sent.
    ConnectionLost {
        source: sqlx::Error,
    },
    /// A durable block inside another block.
    DurableNested {
        outer: Place,
        inner: Place,
    },
    /// Options of a transaction given to a nested block.
    OptionNested {
        option: &'static str,
    },
    /// An option that this database does not have.
    #[cfg(any(feature = "mysql", feature = "sqlite"))]
    OptionUnsupported {
        option: &'static str,
        database: &'static str,
    },
    /// Blocks nested too deeply.
    NestingTooDeep {
        limit: usize,
    },
    /// The statement would have ended or begun a transaction behind the block's back.
    ControlStatement {
        keyword: String,
    },
    /// The statement would have committed the transaction by itself.
    ImplicitCommit {
        keyword: String,
    },
    /// The transaction at the server is not the one that the block began.
    StateMismatch {
        source: Option<sqlx::Error>,
    },
    /// Somebody else holds the lock.
    Busy {
        holder: Option<String>,
        source: sqlx::Error,
    },
    /// The pool had no connection in time.
    NoConnection {
        holders: Option<String>,
        source: sqlx::Error,
    },
    /// Too many hooks in one transaction.
    TooManyHooks {
        limit: usize,
    },
    TooManyEffects {
        limit: usize,
    },
    /// `on_commit` without a transaction, on a handle that is strict about it.
    NoTransaction {
        place: Place,
    },
    /// Signals that send signals, without an end.
    SignalRecursion {
        signal: &'static str,
        limit: usize,
    },
    /// Two receivers of one name.
    DuplicateReceiver {
        signal: &'static str,
        name: String,
        first: Place,
        second: Place,
    },
    /// Something left the process inside an open transaction.
    SideEffectInside {
        what: String,
        place: Place,
        block: Place,
    },
    /// A signal cannot be written down.
    Payload {
        receiver: String,
        unfit: Unfit,
    },
    /// What travels with an effect is too long.
    HeadersTooLarge {
        receiver: String,
        bytes: usize,
        limit: usize,
    },
    /// A key that an index cannot hold.
    BadWord {
        receiver: String,
        what: &'static str,
        limit: usize,
    },
    /// A durable receiver's name that an index cannot hold.
    BadName {
        name: String,
        place: Place,
    },
    /// A schema or a prefix that is none.
    BadIdentifier {
        name: String,
        at: usize,
        limit: usize,
    },
    /// A setting that cannot work.
    BadSetting {
        setting: &'static str,
        must_be: &'static str,
    },
    /// The tables of effects are not there.
    SchemaMissing,
    /// They are of another version.
    SchemaVersion {
        found: i64,
        need: i64,
    },
    /// A worker of this handle runs already.
    WorkerRunning,
    /// Somebody else has the effect by now.
    LeaseLost,
    /// Rows were not copied as they were removed.
    Torn {
        copied: u64,
        removed: u64,
    },
    /// An operator means an effect that is not there.
    EffectMissing {
        effect: EffectId,
    },
    /// An operator wants what the state of the effect does not allow.
    NotDead {
        effect: EffectId,
        verb: &'static str,
        found: String,
    },
    /// A page that is none.
    BadPage {
        wanted: usize,
        most: usize,
    },
    /// A cursor that is none, or not of this list.
    BadCursor {
        why: &'static str,
    },
    /// An operator means a receiver that cannot be.
    NoReceiver {
        name: String,
    },
    /// An operator means a key that cannot be.
    NoKey {
        limit: usize,
    },
    /// No row has that id.
    RowMissing {
        table: &'static str,
        id: Option<String>,
    },
    /// The row was never saved.
    IdUnset {
        table: &'static str,
    },
    /// The database's number does not fit the id's type.
    IdDoesNotFit {
        table: &'static str,
        id: &'static str,
        number: u64,
    },
    /// The database gave no id, or does not tell it.
    IdUnknown {
        table: &'static str,
    },
    /// A row was read whose id stands for "not saved yet".
    IdZero {
        table: &'static str,
    },
    /// The id was given in a block that was rolled back, and there is a row with it now.
    IdStale {
        table: &'static str,
        id: u64,
    },
    /// The database wrote fewer rows than it was given, or more.
    RowNotWritten {
        table: &'static str,
        rows: usize,
        written: usize,
    },
    /// A row is longer than the longest statement.
    RowTooLong {
        table: &'static str,
        bytes: usize,
        limit: usize,
    },
    /// A column that is none, or not the program's to write.
    UnknownColumn {
        table: &'static str,
        column: String,
        known: String,
        exists: bool,
    },
    /// A handler wants the transaction of its request, and there is no layer that has one.
    #[cfg(feature = "axum")]
    NoTransactionLayer,
    /// The transaction of the request is taken twice at the same time.
    #[cfg(feature = "axum")]
    TransactionLent,
    /// The transaction of the request is still held when its response is ready.
    #[cfg(feature = "axum")]
    TransactionKept,
    /// Two layers give requests transactions of one kind, on two pools, and the type does not say which is meant.
    #[cfg(feature = "axum")]
    TransactionLayers {
        outer: Place,
        inner: Place,
    },
    /// The request had its transaction for too long.
    #[cfg(feature = "axum")]
    RequestTooLong {
        limit: Duration,
    },
    /// A statement was left half-way and its answer is not known.
    Panicked {
        what: String,
    },
    /// The runtime ended while a task of ours was at work.
    RuntimeGone {
        what: &'static str,
        after: Option<Duration>,
    },
}

impl Kind {
    pub(crate) fn code(&self) -> Option<&'static str> {
        Some(match self {
            Kind::Database(_) | Kind::Other(_) => return None,
            Kind::Broken { .. } | Kind::Doomed { .. } => "TX_ABORTED",
            Kind::RolledBack { .. } => "ROLLED_BACK",
            Kind::CommitInDoubt { .. } => "COMMIT_IN_DOUBT",
            Kind::ConnectionLost { .. } => "CONNECTION_LOST",
            Kind::DurableNested { .. } => "DURABLE_NESTED",
            Kind::OptionNested { .. } => "OPTION_NESTED",
            #[cfg(any(feature = "mysql", feature = "sqlite"))]
            Kind::OptionUnsupported { .. } => "OPTION_UNSUPPORTED",
            Kind::NestingTooDeep { .. } => "NESTING_TOO_DEEP",
            Kind::ControlStatement { .. } => "TX_CONTROL",
            Kind::ImplicitCommit { .. } => "IMPLICIT_COMMIT",
            Kind::StateMismatch { .. } => "TX_STATE_MISMATCH",
            Kind::Busy { .. } => "DB_BUSY",
            Kind::NoConnection { .. } => "NO_CONNECTION",
            Kind::TooManyHooks { .. } => "TOO_MANY_HOOKS",
            Kind::TooManyEffects { .. } => "TOO_MANY_EFFECTS",
            Kind::NoTransaction { .. } => "NO_TRANSACTION",
            Kind::SignalRecursion { .. } => "SIGNAL_RECURSION",
            Kind::DuplicateReceiver { .. } => "DUPLICATE_RECEIVER",
            Kind::SideEffectInside { .. } => "SIDE_EFFECT_INSIDE",
            Kind::Payload { unfit, .. } => unfit.code(),
            Kind::HeadersTooLarge { .. } => "HEADERS_TOO_LARGE",
            Kind::BadWord { .. } | Kind::NoKey { .. } => "BAD_KEY",
            Kind::BadName { .. } | Kind::NoReceiver { .. } => "BAD_NAME",
            Kind::BadIdentifier { .. } => "BAD_IDENTIFIER",
            Kind::BadSetting { .. } => "BAD_SETTING",
            Kind::SchemaMissing => "SCHEMA_MISSING",
            Kind::SchemaVersion { .. } => "SCHEMA_VERSION",
            Kind::WorkerRunning => "WORKER_RUNNING",
            Kind::LeaseLost => "LEASE_LOST",
            Kind::Torn { .. } => "EFFECTS_TORN",
            Kind::EffectMissing { .. } => "EFFECT_MISSING",
            Kind::NotDead { .. } => "NOT_DEAD",
            Kind::BadPage { .. } => "BAD_PAGE",
            Kind::BadCursor { .. } => "BAD_CURSOR",
            Kind::RowMissing { .. } => "ROW_MISSING",
            Kind::IdUnset { .. } => "ID_UNSET",
            Kind::IdDoesNotFit { .. } => "ID_DOES_NOT_FIT",
            Kind::IdUnknown { .. } => "ID_UNKNOWN",
            Kind::IdZero { .. } => "ID_ZERO",
            Kind::IdStale { .. } => "ID_STALE",
            Kind::RowNotWritten { .. } => "ROW_NOT_WRITTEN",
            Kind::RowTooLong { .. } => "ROW_TOO_LONG",
            Kind::UnknownColumn { .. } => "UNKNOWN_COLUMN",
            #[cfg(feature = "axum")]
            Kind::NoTransactionLayer => "NO_TRANSACTION_LAYER",
            #[cfg(feature = "axum")]
            Kind::TransactionLent => "TRANSACTION_LENT",
            #[cfg(feature = "axum")]
            Kind::TransactionKept => "TRANSACTION_KEPT",
            #[cfg(feature = "axum")]
            Kind::TransactionLayers { .. } => "TRANSACTION_LAYERS",
            #[cfg(feature = "axum")]
            Kind::RequestTooLong { .. } => "REQUEST_TOO_LONG",
            Kind::Panicked { .. } => "PANICKED",
            Kind::RuntimeGone { .. } => "RUNTIME_GONE",
        })
    }

    pub(crate) fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            // The text of these is the error's own; its source is the next one down.
            Kind::Database(error) => error.source(),
            Kind::Other(error) => error.source(),
            Kind::CommitInDoubt { source, .. } => {
                source.as_deref().map(|e| e as &(dyn StdError + 'static))
            }
            Kind::StateMismatch { source } => source.as_ref().map(|error| error as _),
            Kind::ConnectionLost { source }
            | Kind::NoConnection { source, .. }
            | Kind::Busy { source, .. } => Some(source),
            _ => None,
        }
    }
}
