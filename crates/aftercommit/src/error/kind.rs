//! What can go wrong, one variant a thing, with the sentence that a user reads.

use std::error::Error as StdError;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use super::{BoxError, at};
use crate::effect::{DEEPEST, EffectId, MOST_BYTES, Unfit};

type Place = &'static Location<'static>;

/// The private side of [`Error`](super::Error).
#[derive(Debug)]
pub(crate) enum Kind {
    /// A statement, a BEGIN or a COMMIT failed at the database.
    Database(sqlx::Error),
    /// The application's own error.
    Other(BoxError),
    /// A statement failed earlier in the block.
    Broken {
        first: String,
        conflict: bool,
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
        source: sqlx::Error,
    },
    /// Somebody else holds the lock.
    Busy {
        holder: Option<String>,
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
            Kind::TooManyHooks { .. } => "TOO_MANY_HOOKS",
            Kind::TooManyEffects { .. } => "TOO_MANY_EFFECTS",
            Kind::NoTransaction { .. } => "NO_TRANSACTION",
            Kind::SignalRecursion { .. } => "SIGNAL_RECURSION",
            Kind::DuplicateReceiver { .. } => "DUPLICATE_RECEIVER",
            Kind::SideEffectInside { .. } => "SIDE_EFFECT_INSIDE",
            Kind::Payload { unfit, .. } => unfit.code(),
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
            Kind::UnknownColumn { .. } => "UNKNOWN_COLUMN",
            #[cfg(feature = "axum")]
            Kind::NoTransactionLayer => "NO_TRANSACTION_LAYER",
            #[cfg(feature = "axum")]
            Kind::TransactionLent => "TRANSACTION_LENT",
            #[cfg(feature = "axum")]
            Kind::TransactionKept => "TRANSACTION_KEPT",
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
            Kind::ConnectionLost { source }
            | Kind::StateMismatch { source }
            | Kind::Busy { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Database(error) => error.fmt(f),
            Kind::Other(error) => error.fmt(f),
            Kind::Broken { first, .. } => write!(
                f,
                "the block was aborted by an earlier failure ({first}); nothing of it is committed: \
                 put the statement that may fail into a nested `atomic` block"
            ),
            Kind::Doomed { place: Some(place) } => write!(
                f,
                "the block was marked for rollback at {}; no further statement is sent in it",
                at(place)
            ),
            Kind::Doomed { place: None } => f.write_str(
                "a joined block failed, so the block around it will roll back and sends no further statement: \
                 use `atomic` instead of `join` where a failure may be caught",
            ),
            Kind::RolledBack { place: Some(place) } => {
                write!(f, "the block was rolled back, as asked at {}", at(place))
            }
            Kind::RolledBack { place: None } => f.write_str(
                "the block was rolled back because a joined block in it had failed: \
                 use `atomic` instead of `join` where a failure may be caught",
            ),
            Kind::CommitInDoubt { why, .. } => write!(
                f,
                "the connection was lost during COMMIT and {why}, so the rows may or may not be there: \
                 look before trying again (no hook has run)"
            ),
            Kind::ConnectionLost { .. } => {
                f.write_str("the connection was lost before COMMIT, so nothing was committed: the block can be run again")
            }
            Kind::DurableNested { outer, inner } => write!(
                f,
                "the durable block at {} was opened inside the block at {}, whose rollback would undo it: \
                 open it outside, or use `atomic`",
                at(inner),
                at(outer)
            ),
            Kind::OptionNested { option } => write!(
                f,
                "{option} can only be chosen where the transaction begins: set it on the outermost block"
            ),
            #[cfg(any(feature = "mysql", feature = "sqlite"))]
            Kind::OptionUnsupported { option, database } => {
                write!(f, "{database} has no {option} transactions: leave the option out")
            }
            Kind::NestingTooDeep { limit } => write!(
                f,
                "blocks are nested more than {limit} deep: this is almost always recursion without an end"
            ),
            Kind::ControlStatement { keyword } => write!(
                f,
                "{keyword} was not sent, because it would change the transaction behind the block's back: \
                 use `atomic`, `join` or `set_rollback`"
            ),
            Kind::ImplicitCommit { keyword } => write!(
                f,
                "{keyword} was not sent, because this database commits the open transaction when it runs it: \
                 run it outside the block"
            ),
            Kind::StateMismatch { .. } => f.write_str(
                "the transaction was ended by something other than its block (a procedure that commits, a statement \
                 that commits by itself): the block cannot say what was kept, and its hooks were dropped",
            ),
            Kind::Busy { holder: Some(holder), .. } => {
                write!(f, "the database is locked; {holder}: keep write transactions short, or run the block again")
            }
            Kind::Busy { holder: None, .. } => {
                f.write_str("the database is locked by another connection: run the block again")
            }
            Kind::TooManyHooks { limit } => write!(
                f,
                "more than {limit} hooks were registered in one transaction, which will not be committed: \
                 register one hook for the batch, or raise the limit with `Db::with_hook_limit`"
            ),
            Kind::TooManyEffects { limit } => write!(
                f,
                "more than {limit} effects were recorded in one transaction, which will not be committed: \
                 send one signal for the batch, or raise the limit with `Db::with_hook_limit`"
            ),
            Kind::NoTransaction { place } => write!(
                f,
                "`on_commit` at {} has no transaction to wait for and the handle is strict: register on the `Tx`",
                at(place)
            ),
            Kind::SignalRecursion { signal, limit } => write!(
                f,
                "signal {signal} was sent from its own receivers {limit} levels deep: one of them must stop"
            ),
            Kind::DuplicateReceiver { signal, name, first, second } => write!(
                f,
                "receiver \"{name}\" of {signal} is connected at {} already and again at {}: give it a name of its own, \
                 or disconnect the first",
                at(first),
                at(second)
            ),
            Kind::SideEffectInside { what, place, block } => write!(
                f,
                "{what} was used at {} inside the transaction at {}, whose rollback could not take it back: move it to \
                 an `after_commit` receiver or an `on_commit` hook, or put `guard::allow` around it if that is meant",
                at(place),
                at(block)
            ),
            Kind::Payload { receiver, unfit } => match unfit {
                Unfit::TooLarge { bytes } => write!(
                    f,
                    "the signal for \"{receiver}\" is {bytes} bytes long, and an effect keeps at most {MOST_BYTES}: keep the \
                     large thing elsewhere and send a reference to it"
                ),
                Unfit::TooDeep { path } => write!(
                    f,
                    "the signal for \"{receiver}\" is nested deeper than {DEEPEST} at {path}, which not every database keeps: \
                     send a flatter one, or the deep part as a text"
                ),
                Unfit::Nul { path } => write!(
                    f,
                    "the signal for \"{receiver}\" has a NUL character at {path}, which not every database keeps: remove it, \
                     or send bytes as a list or in base64"
                ),
                Unfit::Precision { path } => write!(
                    f,
                    "the signal for \"{receiver}\" has a number at {path} that does not fit 64 bits and would come back as \
                     another one: send it as a text"
                ),
                Unfit::NotJson { why } => write!(
                    f,
                    "the signal for \"{receiver}\" cannot be written as JSON ({why}): change its `Serialize`"
                ),
                Unfit::NoJson { why } => write!(
                    f,
                    "the payload given for \"{receiver}\" is no JSON ({why}): mend the text, and begin with the old one if in doubt"
                ),
            },
            Kind::BadWord { receiver, what, limit } => write!(
                f,
                "the {what} of a signal for \"{receiver}\" is longer than {limit} bytes or has a NUL character: use an id, or a hash"
            ),
            Kind::BadName { name, place } => write!(
                f,
                "{name:?} at {} is no name for a durable receiver: it has 1 to 190 bytes, no control characters and no space \
                 at its end, because it is kept in the database",
                at(place)
            ),
            Kind::BadIdentifier { name, at, limit } => write!(
                f,
                "{name:?} is no name for tables (position {at}): use 1 to {limit} lower-case letters, digits and underscores, and \
                 no digit in front"
            ),
            Kind::BadSetting { setting, must_be } => {
                write!(f, "the setting `{setting}` of the worker cannot work: it must be {must_be}")
            }
            Kind::SchemaMissing => f.write_str(
                "the tables of effects are not there: run `Db::migrate` once (at each start, if you like), or the statements of \
                 `Db::migration`",
            ),
            Kind::SchemaVersion { found, need } if found < need => write!(
                f,
                "the tables of effects have version {found} and this program needs {need}: run `Db::migrate`"
            ),
            Kind::SchemaVersion { found, need } => write!(
                f,
                "the tables of effects have version {found} and this program knows {need} only: deploy the newer program here too"
            ),
            Kind::WorkerRunning => f.write_str(
                "a worker of this `Db` is running already, and it serves all of its receivers: drain it before another one is started",
            ),
            Kind::LeaseLost => f.write_str(
                "the lease of the effect was lost while it was delivered, so nothing was committed: somebody else delivers it",
            ),
            Kind::Torn { copied, removed } => write!(
                f,
                "{copied} effects were copied and {removed} removed, so the move was undone: are triggers or rules on the tables?"
            ),
            Kind::EffectMissing { effect } => write!(
                f,
                "there is no effect {effect}: it was delivered or discarded meanwhile, or never recorded in this database"
            ),
            Kind::NotDead { effect, verb, found } => {
                write!(f, "effect {effect} was not {verb}, because it {found}")
            }
            Kind::BadPage { wanted, most } => write!(
                f,
                "a page has 1 to {most} effects and not {wanted}: ask for the next page with its cursor"
            ),
            Kind::BadCursor { why } => {
                write!(f, "the cursor {why}: begin with the first page, and leave cursors as they are")
            }
            Kind::NoReceiver { name } => write!(
                f,
                "{:?} is no name of a durable receiver: it has 1 to 190 bytes and no control characters",
                name.chars().take(200).collect::<String>()
            ),
            Kind::NoKey { limit } => write!(
                f,
                "no effect has a key like that: it has at most {limit} bytes and no NUL character"
            ),
            Kind::RowMissing { table, id: Some(id) } => write!(
                f,
                "{table} has no row with the id {id}: it was deleted, or never saved (`save` inserts where `update` insists)"
            ),
            Kind::RowMissing { table, id: None } => write!(
                f,
                "{table} has no row with the id that was given: it was deleted, or never saved (`save` inserts where \
                 `update` insists)"
            ),
            Kind::IdUnset { table } => write!(
                f,
                "the row of {table} has no id yet, so the database cannot find it: save it first"
            ),
            Kind::IdDoesNotFit { table, id, number } => write!(
                f,
                "{table} gave the id {number}, which does not fit {id}: use a wider type, or mark the id as \
                 `#[model(id, given)]` if the database does not number the rows"
            ),
            Kind::UnknownColumn { table, column, exists: false, known } => {
                write!(f, "{table} has no column \"{column}\" in its model: the columns are {known}")
            }
            Kind::UnknownColumn { table, column, exists: true, known } => write!(
                f,
                "column \"{column}\" of {table} is not the program's to update: those are {known}"
            ),
            #[cfg(feature = "axum")]
            Kind::NoTransactionLayer => f.write_str(
                "the handler takes a `Transaction`, and the router has no layer for it and this database: add \
                 `.layer(transaction_per_request(db))`",
            ),
            #[cfg(feature = "axum")]
            Kind::TransactionLent => f.write_str(
                "the transaction of the request is in use already: take it once in a handler and pass `&mut` on",
            ),
            #[cfg(feature = "axum")]
            Kind::TransactionKept => f.write_str(
                "the response was ready while a task or a streaming body still held the request's transaction, so \
                 nothing was committed: drop it before the response is returned",
            ),
            Kind::Panicked { what } => write!(f, "{what}"),
            Kind::RuntimeGone { what, after: Some(after) } => {
                write!(f, "{what} did not end within {after:?} because the runtime was shut down")
            }
            Kind::RuntimeGone { what, after: None } => {
                write!(f, "{what} was not finished because the runtime was shut down: keep it alive until blocks have ended")
            }
        }
    }
}
