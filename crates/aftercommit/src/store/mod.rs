//! The only SQL: one folder per database, with the same file names in each.
//!
//! What a database does differently is told by its [`Adapter`]; nothing outside this folder asks which
//! database it is talking to.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use either::Either;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::{Execute, Pool, SqlSafeStr, SqlStr};

use crate::error::{Error, Kind};
use crate::transaction::{Grammar, Options};

mod effects;
mod operate;
mod outbox;
mod claim;
mod rows;
mod session;
mod error_class;
mod uniques;

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use effects::{EffectSql, Value};
pub(crate) use effects::{
    Tables, bound, each_statement, effect_sql, load_effect_sql, one, text as effect_text, values,
};
pub(crate) use error_class::{ErrorClass, classify, leaves_connection_unusable};
pub use operate::OperateSql;
pub(crate) use operate::{Touched, operate_sql};
pub(crate) use outbox::Outbox;
pub use rows::{Conflict, RowSql};
pub(crate) use rows::{fill, row_sql};
pub(crate) use session::Session;
pub use uniques::UniqueSql;

/// A database that this library knows: `sqlx::Postgres`, `sqlx::MySql` (and MariaDB), `sqlx::Sqlite`.
///
/// The trait is sealed: what a transaction may be told about its own end differs by database, and each one
/// is covered by the same tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a database that aftercommit knows",
    note = "the databases are `sqlx::Postgres`, `sqlx::MySql` and `sqlx::Sqlite`, each behind the feature of that name"
)]
pub trait Dialect: Adapter {}

impl<DB: Adapter> Dialect for DB {}

/// What came over the wire: the end of a statement, or a row.
pub(crate) type Item<DB> =
    Result<Either<<DB as sqlx::Database>::QueryResult, <DB as sqlx::Database>::Row>, sqlx::Error>;

mod numbers;
mod prepared;
mod tx_info;
pub use numbers::Numbers;
pub use prepared::{Prepared, Preparing};
pub use tx_info::{
    BeginMessage, CommitMessage, Identity, Probe, ProbeAnswer, TransactionsBegun, TxInfo,
};

/// What the server knows about a commit that was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitStatus {
    /// It is there.
    Committed,
    /// It is not there and will never be.
    RolledBack,
    /// The server cannot tell, and `why` says so in half a sentence.
    Unknown {
        /// The reason, to stand behind "and".
        why: &'static str,
    },
}

/// What is asked of a server once. Whatever may change with the connection is asked for with the transaction instead.
#[derive(Clone, Debug, Default)]
pub struct ServerInfo {
    /// MySQL: the full name of the table of commit markers, where it exists.
    pub markers: Option<String>,
    /// MariaDB: one statement that leaves a marker and commits, where it can be prepared.
    pub marked_commit: Option<SqlStr>,
    /// MySQL: statements go to its replicas as they are, so none may depend on the server.
    pub logs_statements: bool,
    /// MySQL: which server a marker is meant for. A commit on another one asks again.
    pub server: String,
    /// Postgres: how a transaction is asked for its number; `None` where it cannot be.
    pub numbers: Option<Numbers>,
    /// Why a confirmed commit may be gone after a crash, if the settings of the server say so.
    pub loses_commits: Option<&'static str>,
    /// Whether an INSERT can answer with columns, where not every server can.
    pub returning: bool,
    /// The longest statement in bytes that the server reads, where a longer one costs the connection.
    pub packet: Option<usize>,
    /// MariaDB: whether locks may be refused for the sake of the transaction's snapshot (`innodb_snapshot_isolation`).
    pub snapshot_isolation: bool,
}

/// What one database does in its own way. Not for users: see [`Dialect`].
pub trait Adapter: sqlx::Database {
    /// Whether DDL ends the transaction by committing it.
    const COMMITS_ON_DDL: bool;

    /// Whether one transaction at a time can write.
    const ONE_WRITER: bool;

    fn fetch_many(conn: &mut Self::Connection, query: Query<Self>) -> BoxStream<'_, Item<Self>>;

    /// The first row. An error behind it counts, where more rows are on their way already.
    fn fetch_first(
        conn: &mut Self::Connection,
        query: Query<Self>,
    ) -> BoxFuture<'_, Result<Option<Self::Row>, sqlx::Error>>;

    fn prepare<'c>(
        conn: &'c mut Self::Connection,
        sql: SqlStr,
        parameters: &'c [Self::TypeInfo],
    ) -> BoxFuture<'c, Result<Self::Statement, sqlx::Error>>;

    fn describe(
        conn: &mut Self::Connection,
        sql: SqlStr,
    ) -> BoxFuture<'_, Result<sqlx::Describe<Self>, sqlx::Error>>;

    /// The language of its statements.
    const GRAMMAR: Grammar;

    /// Whether a message with arguments is one statement for certain.
    const ONE_STATEMENT_WITH_ARGUMENTS: bool;

    /// Whether the database runs in this process: rows are computed while they are read, so that a statement can be left in the
    /// middle, and there is no network that could keep an answer back.
    const IN_PROCESS: bool;

    /// The message that begins a transaction.
    fn begin_sql(options: &Options) -> Result<Cow<'static, str>, Error>;

    /// Begins, with one message.
    fn begin<'c>(
        conn: &'c mut Self::Connection,
        message: BeginMessage<'c>,
        server: &'c ServerInfo,
    ) -> BoxFuture<'c, Result<TxInfo, sqlx::Error>>;

    /// Commits with one message. What identifies the commit stands in `tx` as soon as it is known, also when the answer
    /// never comes.
    fn commit<'c>(
        conn: &'c mut Self::Connection,
        message: CommitMessage<'c>,
        tx: &'c mut TxInfo,
        server: &'c ServerInfo,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>>;

    /// Learns what is to be known of the server before a transaction is begun; `None` if nothing has changed.
    fn keep_up<'c>(
        conn: &'c mut Self::Connection,
        server: &'c ServerInfo,
    ) -> Option<BoxFuture<'c, Result<(), sqlx::Error>>> {
        let _ = (conn, server);
        None
    }

    /// The one message that ends the transaction without a trace.
    fn rollback_sql(options: &Options, tx: &TxInfo) -> &'static str;

    /// A statement to run now and then, outside any transaction.
    fn upkeep(server: &ServerInfo) -> Option<String>;

    /// Sets a probe before a statement that might end the transaction. It is gone when the transaction has ended, and after a
    /// rollback to an earlier savepoint.
    fn set_probe<'c>(
        conn: &'c mut Self::Connection,
        probe: &'c Probe,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>>;

    /// Whether the probe is still there. An error for which [`is_aborted`](Self::is_aborted) says that the transaction cannot be asked.
    fn has_probe<'c>(
        conn: &'c mut Self::Connection,
        probe: &'c Probe,
    ) -> BoxFuture<'c, Result<ProbeAnswer, sqlx::Error>>;

    /// How many transactions this connection has begun, the one that asks among them. `None` where nobody needs to count, and where the
    /// role may not.
    fn transactions_begun(
        conn: &mut Self::Connection,
    ) -> BoxFuture<'_, Result<Option<TransactionsBegun>, sqlx::Error>> {
        let _ = conn;
        Box::pin(async { Ok(None) })
    }

    /// What a session must not keep from a transaction: autocommit and isolation. Text that can be compared.
    fn session_state(conn: &mut Self::Connection) -> BoxFuture<'_, Result<String, sqlx::Error>>;

    /// Whether `error` says that the transaction had already been ended by something else.
    fn is_state_mismatch(error: &sqlx::Error) -> bool;

    /// Whether `error` says that the server will take nothing but a rollback, because a statement has failed.
    fn is_aborted(error: &sqlx::Error) -> bool;

    /// Whether `error` says that a prepared statement no longer fits its table, and will not as long as the connection keeps it.
    fn is_stale_plan(error: &sqlx::Error) -> bool {
        let _ = error;
        false
    }

    /// Asks the server who it is, outside of any transaction.
    fn server_info(conn: &mut Self::Connection) -> BoxFuture<'_, Result<ServerInfo, sqlx::Error>>;

    /// Asks a fresh connection what became of a commit. Gives up after `patience`.
    fn resolve<'p>(
        pool: &'p Pool<Self>,
        identity: &'p Identity,
        server: &'p ServerInfo,
        patience: Duration,
    ) -> BoxFuture<'p, CommitStatus>;

    /// Runs a message without parameters and throws its rows away.
    fn simple(conn: &mut Self::Connection, sql: SqlStr) -> BoxFuture<'_, Result<(), sqlx::Error>>;

    /// What a user's `migrate` runs; empty where nothing is needed.
    fn migrations() -> &'static [&'static str];

    /// How rows of a model are written and read.
    fn rows() -> &'static RowSql;

    /// How effects are kept.
    fn effects() -> &'static EffectSql;

    /// Hints that there is something to claim, where the database can pass them on. It goes on after an error.
    fn hints(
        pool: &Pool<Self>,
        channel: String,
    ) -> Option<BoxStream<'static, Result<(), sqlx::Error>>> {
        let _ = (pool, channel);
        None
    }

    /// Asks whether the database has room for the sessions of one pool only, where that can be.
    fn one_session() -> Option<&'static str> {
        None
    }

    /// Asks whether a session commits each statement by itself, where that can be switched off.
    fn autocommit() -> Option<&'static str> {
        None
    }

    /// How an operator is answered.
    fn operate() -> &'static OperateSql;

    /// Adds a value of the library's own to a statement.
    fn bind(arguments: &mut Self::Arguments, value: &Value)
    -> Result<(), sqlx::error::BoxDynError>;

    /// A number of a row.
    fn int(row: &Self::Row, at: usize) -> Result<Option<i64>, sqlx::Error>;

    /// A text of a row.
    fn text(row: &Self::Row, at: usize) -> Result<Option<String>, sqlx::Error>;

    /// An id of a row.
    fn uuid(row: &Self::Row, at: usize) -> Result<uuid::Uuid, sqlx::Error>;

    /// How many rows a statement matched.
    fn affected(result: &Self::QueryResult) -> u64;

    /// The first id that the database gave in a statement, where it says so beside the rows.
    fn first_id(result: &Self::QueryResult) -> Option<u64>;

    /// How many bytes a value takes in a statement; 0 where nothing depends on it.
    fn encoded_len<'q, T: sqlx::Encode<'q, Self>>(value: &T) -> usize {
        let _ = value;
        0
    }

    /// A column of a row, by its place.
    fn column<'r, T>(row: &'r Self::Row, at: usize) -> Result<T, sqlx::Error>
    where
        T: sqlx::Decode<'r, Self> + sqlx::Type<Self>;

    /// Options for `Db::connect`, from a URL.
    fn connect_options(
        url: &str,
    ) -> Result<<Self::Connection as sqlx::Connection>::Options, sqlx::Error>;
}

/// A statement with its arguments, owned, so that it can outlive the caller that sent it.
pub struct Query<DB: sqlx::Database> {
    sql: SqlStr,
    arguments: Option<DB::Arguments>,
    persistent: bool,
    /// What it is called in the library's own files.
    pub(crate) name: &'static str,
}

impl<DB: sqlx::Database> Query<DB> {
    /// A statement of this library with its arguments.
    pub(crate) fn new(sql: String, arguments: DB::Arguments) -> Self {
        Self {
            sql: own_sql(sql),
            arguments: Some(arguments),
            persistent: true,
            name: "",
        }
    }

    /// Not kept among the prepared statements: it is long, and hardly comes twice.
    pub(crate) fn once(self) -> Self {
        self.unnamed_if(true)
    }

    /// Not kept among the prepared statements, if there are no sessions that could keep them.
    pub(crate) fn unnamed_if(mut self, pooled: bool) -> Self {
        self.persistent &= !pooled;
        self
    }
}

impl CommitStatus {
    pub(crate) fn as_bool(self) -> Option<bool> {
        match self {
            CommitStatus::Committed => Some(true),
            CommitStatus::RolledBack => Some(false),
            CommitStatus::Unknown { .. } => None,
        }
    }
}

impl<DB: sqlx::Database> Query<DB> {
    /// Takes a query of the user apart.
    pub(crate) fn own<'q>(mut query: impl Execute<'q, DB>) -> Result<Self, sqlx::Error> {
        let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?;
        let persistent = query.persistent();
        Ok(Self {
            sql: query.sql(),
            arguments,
            persistent,
            name: "",
        })
    }

    pub(crate) fn text(&self) -> &str {
        self.sql.as_str()
    }

    /// Whether it is sent as a prepared statement.
    pub(crate) fn has_arguments(&self) -> bool {
        self.arguments.is_some()
    }
}

impl<DB: sqlx::Database> fmt::Debug for Query<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The arguments may be anybody's secrets.
        f.debug_struct("Query")
            .field("sql", &self.sql)
            .finish_non_exhaustive()
    }
}

impl<DB: sqlx::Database> Execute<'_, DB> for Query<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        None
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, sqlx::error::BoxDynError> {
        Ok(self.arguments.take())
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

/// Text built by this library from its own files and numbers: nothing of a user is in it.
pub(crate) fn own_sql(text: String) -> SqlStr {
    sqlx::AssertSqlSafe(text).into_sql_str()
}

/// The statements on savepoints, which all databases spell alike.
pub(crate) mod savepoint {
    const SET: &str = include_str!("savepoint.sql");
    const RELEASE: &str = include_str!("release.sql");
    const UNDO: &str = include_str!("undo.sql");

    pub(crate) fn set(number: u32) -> String {
        name(SET, number)
    }

    pub(crate) fn release(number: u32) -> String {
        name(RELEASE, number)
    }

    pub(crate) fn undo(number: u32) -> String {
        name(UNDO, number)
    }

    fn name(sql: &str, number: u32) -> String {
        sql.trim()
            .replace("{name}", &format!("aftercommit_{number}"))
    }
}

const ROLLBACK: &str = include_str!("rollback.sql");

/// The statements of a file without its comments, which need not travel.
fn without_comments(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("--"))
        .collect();
    lines.join("\n")
}

/// No connection, as the library's error: with those who hold them.
pub(crate) fn not_connected(error: sqlx::Error, holders: impl FnOnce() -> Option<String>) -> Error {
    match error {
        sqlx::Error::PoolTimedOut => Error::new(Kind::NoConnection {
            holders: holders(),
            source: error,
        }),
        error => Error::from(error),
    }
}

/// A database error as the library's: with the holder of a lock where one is known.
pub(crate) fn failed(error: sqlx::Error, holder: impl FnOnce() -> Option<String>) -> Error {
    if classify(&error) == ErrorClass::LockTimeout {
        Error::new(Kind::Busy {
            holder: holder(),
            source: error,
        })
    } else {
        Error::from(error)
    }
}
