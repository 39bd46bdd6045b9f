//! SQLite.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Executor, Pool, Row, SqlStr, Sqlite, SqliteConnection};

use super::{
    Adapter, BeginMessage, CommitMessage, CommitStatus, EffectSql, Identity, Item, OperateSql,
    Probe, ProbeAnswer, Query, RowSql, ServerInfo, TxInfo, effect_sql, load_effect_sql,
    operate_sql, own_sql, row_sql, values,
};
use crate::error::{Error, Kind};
use crate::transaction::{Grammar, Isolation, Lock, Options};

static BEGIN: LazyLock<String> =
    LazyLock::new(|| super::without_comments(include_str!("begin.sql")));
const BEGIN_READ_ONLY: &str = include_str!("begin_read_only.sql");
const COMMIT: &str = include_str!("commit.sql");
const COMMIT_READ_ONLY: &str = include_str!("commit_read_only.sql");
const ROLLBACK_READ_ONLY: &str = include_str!("rollback_read_only.sql");
const QUERY_ONLY: &str = include_str!("query_only.sql");
const SERVER_INFO: &str = include_str!("server_info.sql");
static SET_PROBE: LazyLock<String> =
    LazyLock::new(|| super::without_comments(include_str!("set_probe.sql")));
const HAS_PROBE: &str = include_str!("has_probe.sql");
const SESSION_STATE: &str = include_str!("session_state.sql");

static ROWS: RowSql = row_sql! {
    answers: true,
    conflict: None,
    reuses_ids: true,
    quote: '"',
    parameter: '?',
    most_parameters: 32766,
};

static EFFECTS: EffectSql = effect_sql! {
    lock: None,
    at_once: usize::MAX,
    notify: None,
    text_literal: "CAST(X'{hex}' AS TEXT)",
    id_literal: "X'{hex}'",
    current: None,
    unique_lane: None,
    unique: None,
};

static OPERATE: OperateSql = operate_sql!();

impl Adapter for Sqlite {
    const COMMITS_ON_DDL: bool = false;
    const ONE_WRITER: bool = true;
    const GRAMMAR: Grammar = Grammar::Sqlite;
    const ONE_STATEMENT_WITH_ARGUMENTS: bool = false;
    const IN_PROCESS: bool = true;

    fn fetch_many(conn: &mut SqliteConnection, query: Query<Self>) -> BoxStream<'_, Item<Self>> {
        Executor::fetch_many(conn, query)
    }

    fn fetch_first(
        conn: &mut SqliteConnection,
        query: Query<Self>,
    ) -> BoxFuture<'_, Result<Option<Self::Row>, sqlx::Error>> {
        Executor::fetch_optional(conn, query)
    }

    fn prepare<'c>(
        conn: &'c mut SqliteConnection,
        sql: SqlStr,
        parameters: &'c [Self::TypeInfo],
    ) -> BoxFuture<'c, Result<Self::Statement, sqlx::Error>> {
        Executor::prepare_with(conn, sql, parameters)
    }

    fn describe(
        conn: &mut SqliteConnection,
        sql: SqlStr,
    ) -> BoxFuture<'_, Result<sqlx::Describe<Self>, sqlx::Error>> {
        Executor::describe(conn, sql)
    }

    fn begin_sql(options: &Options) -> Result<Cow<'static, str>, Error> {
        let unsupported = |option| {
            Error::new(Kind::OptionUnsupported {
                option,
                database: "SQLite",
            })
        };
        if options.deferrable {
            return Err(unsupported("deferrable"));
        }
        // Every transaction of SQLite is serializable, so asking for that is granted.
        if options
            .isolation
            .is_some_and(|level| level != Isolation::Serializable)
        {
            return Err(unsupported("other isolation levels than serializable"));
        }
        if options.read_only {
            return Ok(BEGIN_READ_ONLY.trim().into());
        }
        let mode = match options.lock {
            Lock::Immediate => "IMMEDIATE",
            Lock::Deferred => "DEFERRED",
            Lock::Exclusive => "EXCLUSIVE",
        };
        Ok(BEGIN.trim().replace("{mode}", mode).into())
    }

    fn begin<'c>(
        conn: &'c mut SqliteConnection,
        message: BeginMessage<'c>,
        _server: &'c ServerInfo,
    ) -> BoxFuture<'c, Result<TxInfo, sqlx::Error>> {
        Box::pin(async move {
            let mut tx = TxInfo::default();
            if message.options.read_only {
                let row = Executor::fetch_one(&mut *conn, QUERY_ONLY).await?;
                tx.refused_writes = row.try_get::<i64, _>(0)? != 0;
            }
            Executor::execute(conn, message.with("")).await?;
            Ok(tx)
        })
    }

    fn commit<'c>(
        conn: &'c mut SqliteConnection,
        message: CommitMessage<'c>,
        tx: &'c mut TxInfo,
        _server: &'c ServerInfo,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>> {
        let commit = if message.options.read_only && !tx.refused_writes {
            COMMIT_READ_ONLY
        } else {
            COMMIT
        };
        Self::simple(conn, own_sql(message.before + commit))
    }

    fn rollback_sql(options: &Options, tx: &TxInfo) -> &'static str {
        if options.read_only && !tx.refused_writes {
            ROLLBACK_READ_ONLY
        } else {
            super::ROLLBACK
        }
    }

    fn upkeep(_server: &ServerInfo) -> Option<String> {
        None
    }

    fn set_probe<'c>(
        conn: &'c mut SqliteConnection,
        probe: &'c Probe,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>> {
        Self::simple(conn, own_sql(SET_PROBE.replace("{probe}", &probe.name)))
    }

    fn has_probe<'c>(
        conn: &'c mut SqliteConnection,
        probe: &'c Probe,
    ) -> BoxFuture<'c, Result<ProbeAnswer, sqlx::Error>> {
        Box::pin(async move {
            let sql = own_sql(HAS_PROBE.replace("{probe}", &probe.name));
            match Self::simple(conn, sql).await {
                Ok(()) => Ok(ProbeAnswer::There),
                Err(error) if Self::is_state_mismatch(&error) => Ok(ProbeAnswer::Gone),
                Err(error) => Err(error),
            }
        })
    }

    // A savepoint can be asked for although a statement has failed.
    fn session_state(conn: &mut SqliteConnection) -> BoxFuture<'_, Result<String, sqlx::Error>> {
        Box::pin(async move {
            let row = Executor::fetch_one(conn, sqlx::raw_sql(SESSION_STATE)).await?;
            Ok(format!("read_uncommitted={}", row.try_get::<i64, _>(0)?))
        })
    }

    fn is_state_mismatch(error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(|error| {
            error.message().contains("no transaction is active")
                || error.message().contains("no such savepoint")
        })
    }

    fn is_aborted(_error: &sqlx::Error) -> bool {
        false
    }

    fn server_info(conn: &mut SqliteConnection) -> BoxFuture<'_, Result<ServerInfo, sqlx::Error>> {
        Box::pin(async move {
            let row = Executor::fetch_one(conn, SERVER_INFO).await?;
            let (journal, synchronous): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
            let loses_commits = match (journal.as_str(), synchronous) {
                ("memory", _) => None,
                (_, 0) => Some("PRAGMA synchronous is OFF"),
                ("wal", 1) => Some(
                    "PRAGMA synchronous is NORMAL, which in WAL mode outlives a crash but no loss of power",
                ),
                _ => None,
            };
            Ok(ServerInfo {
                loses_commits,
                ..ServerInfo::default()
            })
        })
    }

    // COMMIT happens on a thread of this process. Only if that thread dies is its end unknown.
    fn resolve<'p>(
        _pool: &'p Pool<Self>,
        _identity: &'p Identity,
        _server: &'p ServerInfo,
        _patience: Duration,
    ) -> BoxFuture<'p, CommitStatus> {
        Box::pin(async {
            CommitStatus::Unknown {
                why: "SQLite's own thread died",
            }
        })
    }

    fn simple(conn: &mut SqliteConnection, sql: SqlStr) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async move { Executor::execute(conn, sql).await.map(drop) })
    }

    fn rows() -> &'static RowSql {
        &ROWS
    }

    fn effects() -> &'static EffectSql {
        &EFFECTS
    }

    fn one_session() -> Option<&'static str> {
        Some(include_str!("one_session.sql"))
    }

    fn operate() -> &'static OperateSql {
        &OPERATE
    }

    values!();

    fn affected(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }

    fn first_id(_result: &Self::QueryResult) -> Option<u64> {
        None
    }

    fn column<'r, T>(row: &'r Self::Row, at: usize) -> Result<T, sqlx::Error>
    where
        T: sqlx::Decode<'r, Self> + sqlx::Type<Self>,
    {
        sqlx::Row::try_get(row, at)
    }

    fn migrations() -> &'static [&'static str] {
        &[]
    }

    /// Creates the file, writes ahead (readers and the writer do not block each other), syncs each commit.
    fn connect_options(url: &str) -> Result<SqliteConnectOptions, sqlx::Error> {
        let options: SqliteConnectOptions = url.parse()?;
        Ok(options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_takes_the_write_lock_at_its_start() {
        assert_eq!(
            Sqlite::begin_sql(&Options::new()).expect("supported"),
            "BEGIN IMMEDIATE"
        );
        assert_eq!(
            Sqlite::begin_sql(&Options::new().read_only()).expect("supported"),
            BEGIN_READ_ONLY.trim()
        );
    }

    #[test]
    fn an_isolation_level_that_does_not_exist_is_refused() {
        assert!(Sqlite::begin_sql(&Options::new().serializable()).is_ok());
        assert!(Sqlite::begin_sql(&Options::new().isolation(Isolation::ReadCommitted)).is_err());
    }
}
