//! SQLite.

use std::sync::LazyLock;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::StreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Executor, Pool, SqlStr, Sqlite, SqliteConnection};

use super::{
    Adapter, EffectSql, Facts, Identity, Item, OperateSql, Query, RowSql, Verdict, effect_sql,
    load_effect_sql, operate_sql, own_sql, row_sql, values,
};
use crate::error::{Error, Kind};
use crate::transaction::{Isolation, Lock, Options};

static BEGIN: LazyLock<String> =
    LazyLock::new(|| super::without_comments(include_str!("begin.sql")));
const BEGIN_READ_ONLY: &str = include_str!("begin_read_only.sql");
const COMMIT: &str = include_str!("commit.sql");
const COMMIT_READ_ONLY: &str = include_str!("commit_read_only.sql");
const ROLLBACK_READ_ONLY: &str = include_str!("rollback_read_only.sql");

static ROWS: RowSql = row_sql! {
    answers: true,
    quote: '"',
    parameter: '?',
    most_parameters: 32766,
};

static EFFECTS: EffectSql = effect_sql! {
    lock: None,
    notify: None,
    text_literal: "CAST(X'{hex}' AS TEXT)",
    id_literal: "X'{hex}'",
};

static OPERATE: OperateSql = operate_sql!();

impl Adapter for Sqlite {
    const COMMITS_ON_DDL: bool = false;
    const ONE_WRITER: bool = true;

    fn fetch_many(conn: &mut SqliteConnection, query: Query<Self>) -> BoxStream<'_, Item<Self>> {
        Executor::fetch_many(conn, query)
    }

    // Rows are computed while they are read: after the first one the statement stops.
    fn fetch_first(conn: &mut SqliteConnection, query: Query<Self>) -> BoxStream<'_, Item<Self>> {
        let first = Executor::fetch_optional(conn, query);
        futures_util::stream::once(first)
            .filter_map(|row| async { row.map(|row| row.map(either::Either::Right)).transpose() })
            .boxed()
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

    fn begin_sql(options: &Options, _facts: &Facts) -> Result<String, Error> {
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
            return Ok(BEGIN_READ_ONLY.into());
        }
        let mode = match options.lock {
            Lock::Immediate => "IMMEDIATE",
            Lock::Deferred => "DEFERRED",
            Lock::Exclusive => "EXCLUSIVE",
        };
        Ok(BEGIN.replace("{mode}", mode))
    }

    fn begin<'c>(
        conn: &'c mut SqliteConnection,
        sql: String,
        _options: &'c Options,
        _facts: &'c Facts,
    ) -> BoxFuture<'c, Result<Identity, sqlx::Error>> {
        Box::pin(async move {
            Executor::execute(conn, own_sql(sql)).await?;
            Ok(Identity::None)
        })
    }

    fn commit_sql(_identity: &Identity, options: &Options) -> String {
        (if options.read_only {
            COMMIT_READ_ONLY
        } else {
            COMMIT
        })
        .into()
    }

    fn rollback_sql(options: &Options) -> &'static str {
        if options.read_only {
            ROLLBACK_READ_ONLY
        } else {
            super::ROLLBACK
        }
    }

    fn upkeep(_facts: &Facts) -> Option<&'static str> {
        None
    }

    fn proof() -> Option<(&'static str, &'static str)> {
        None
    }

    fn is_state_mismatch(error: &sqlx::Error) -> bool {
        error
            .as_database_error()
            .is_some_and(|error| error.message().contains("no transaction is active"))
    }

    fn learn(_conn: &mut SqliteConnection) -> BoxFuture<'_, Result<Facts, sqlx::Error>> {
        Box::pin(async { Ok(Facts::default()) })
    }

    // COMMIT happens on a thread of this process. Only if that thread dies is its end unknown.
    fn resolve<'p>(
        _pool: &'p Pool<Self>,
        _identity: &'p Identity,
        _facts: &'p Facts,
        _patience: Duration,
    ) -> BoxFuture<'p, Verdict> {
        Box::pin(async {
            Verdict::Unknown {
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
            Sqlite::begin_sql(&Options::new(), &Facts::default()).expect("supported"),
            "BEGIN IMMEDIATE"
        );
        assert_eq!(
            Sqlite::begin_sql(&Options::new().read_only(), &Facts::default()).expect("supported"),
            BEGIN_READ_ONLY
        );
    }

    #[test]
    fn an_isolation_level_that_does_not_exist_is_refused() {
        assert!(Sqlite::begin_sql(&Options::new().serializable(), &Facts::default()).is_ok());
        assert!(
            Sqlite::begin_sql(
                &Options::new().isolation(Isolation::ReadCommitted),
                &Facts::default()
            )
            .is_err()
        );
    }
}
