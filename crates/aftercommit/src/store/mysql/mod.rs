//! MySQL and MariaDB.

mod commit;
mod lookup;
mod version;

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Duration;

use either::Either;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::StreamExt;
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError};
use sqlx::{Executor, MySql, MySqlConnection, Pool, Row, SqlStr};

use self::version::Version;
use super::{
    Adapter, BeginMessage, CommitMessage, CommitStatus, Conflict, EffectSql, Identity, Item,
    OperateSql, Probe, ProbeAnswer, Query, RowSql, ServerInfo, TxInfo, UniqueSql, effect_sql,
    load_effect_sql, operate_sql, own_sql, row_sql, values,
};
use crate::error::{Error, Kind};
use crate::transaction::{Grammar, Options};

static FIND: LazyLock<String> = LazyLock::new(|| super::without_comments(include_str!("find.sql")));
static SET_PROBE: LazyLock<String> =
    LazyLock::new(|| super::without_comments(include_str!("set_probe.sql")));
/// What most transactions begin with.
const BEGIN_PLAINLY: &str = include_str!("begin_plainly.sql");
const BEGIN: &str = include_str!("begin.sql");
const ISOLATION: &str = include_str!("isolation.sql");
const ROLLBACK: &str = include_str!("rollback.sql");
/// The expression that names a server.
const SERVER: &str = include_str!("server.sql");
const SERVER_INFO: &str = include_str!("server_info.sql");
const BINARY_LOG: &str = include_str!("binary_log.sql");
const HAS_PROBE: &str = include_str!("has_probe.sql");
const SESSION_STATE: &str = include_str!("session_state.sql");
const PRUNE: &str = include_str!("prune.sql");
const MIGRATIONS: &[&str] = &[include_str!("migrate_1.sql")];

/// "SAVEPOINT does not exist".
const ER_SP_DOES_NOT_EXIST: u16 = 1305;

static ROWS: RowSql = row_sql! {
    answers: false,
    conflict: Some(Conflict {
        sql: include_str!("row_conflict.sql"),
        code: "21000",
    }),
    reuses_ids: false,
    quote: '`',
    parameter: '?',
    most_parameters: 65535,
};

static EFFECTS: EffectSql = effect_sql! {
    lock: Some(include_str!("effect_lock.sql")),
    at_once: 1,
    notify: None,
    text_literal: "CONVERT(X'{hex}' USING utf8mb4)",
    id_literal: "X'{hex}'",
    current: Some(include_str!("effect_current.sql")),
    unique_lane: None,
    unique: Some(UniqueSql {
        take: include_str!("effect_unique.sql"),
        row: include_str!("effect_unique_row.sql"),
        id: include_str!("effect_unique_id.sql"),
        due: include_str!("effect_unique_due.sql"),
        gone: include_str!("effect_unique_gone.sql"),
        free: include_str!("effect_unique_free.sql"),
        prune_pick: include_str!("effect_unique_prune_pick.sql"),
        prune: include_str!("effect_unique_prune.sql"),
    }),
};

static OPERATE: OperateSql = operate_sql!();

impl Adapter for MySql {
    const COMMITS_ON_DDL: bool = true;
    const ONE_WRITER: bool = false;
    const GRAMMAR: Grammar = Grammar::MySql;
    const ONE_STATEMENT_WITH_ARGUMENTS: bool = true;
    const IN_PROCESS: bool = false;

    fn fetch_many(conn: &mut MySqlConnection, query: Query<Self>) -> BoxStream<'_, Item<Self>> {
        Executor::fetch_many(conn, query)
    }

    // All rows are on their way already: reading them to the end also shows an error behind the first row.
    fn fetch_first(
        conn: &mut MySqlConnection,
        query: Query<Self>,
    ) -> BoxFuture<'_, Result<Option<Self::Row>, sqlx::Error>> {
        Box::pin(async move {
            let mut items = Executor::fetch_many(conn, query);
            let mut first = None;
            while let Some(item) = items.next().await {
                if let Either::Right(row) = item?
                    && first.is_none()
                {
                    first = Some(row);
                }
            }
            Ok(first)
        })
    }

    fn prepare<'c>(
        conn: &'c mut MySqlConnection,
        sql: SqlStr,
        parameters: &'c [Self::TypeInfo],
    ) -> BoxFuture<'c, Result<Self::Statement, sqlx::Error>> {
        Executor::prepare_with(conn, sql, parameters)
    }

    fn describe(
        conn: &mut MySqlConnection,
        sql: SqlStr,
    ) -> BoxFuture<'_, Result<sqlx::Describe<Self>, sqlx::Error>> {
        Executor::describe(conn, sql)
    }

    fn begin_sql(options: &Options) -> Result<Cow<'static, str>, Error> {
        if options.deferrable {
            return Err(Error::new(Kind::OptionUnsupported {
                option: "deferrable",
                database: "MySQL",
            }));
        }
        if options.isolation.is_none() && !options.read_only {
            return Ok(BEGIN_PLAINLY.trim_end().into());
        }
        let isolation = options.isolation.map_or(String::new(), |level| {
            ISOLATION.replace("{level}", level.sql())
        });
        let read_only = if options.read_only { "READ ONLY" } else { "" };
        Ok((isolation + BEGIN.replace("{options}", read_only).trim()).into())
    }

    fn begin<'c>(
        conn: &'c mut MySqlConnection,
        message: BeginMessage<'c>,
        _server: &'c ServerInfo,
    ) -> BoxFuture<'c, Result<TxInfo, sqlx::Error>> {
        Box::pin(async move {
            Executor::execute(conn, message.with("")).await?;
            Ok(TxInfo::default())
        })
    }

    fn commit<'c>(
        conn: &'c mut MySqlConnection,
        message: CommitMessage<'c>,
        tx: &'c mut TxInfo,
        server: &'c ServerInfo,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>> {
        Box::pin(commit::commit(conn, message, tx, server))
    }

    fn rollback_sql(_options: &Options, _tx: &TxInfo) -> &'static str {
        ROLLBACK
    }

    fn upkeep(server: &ServerInfo) -> Option<String> {
        let markers = server.markers.as_ref()?;
        Some(PRUNE.replace("{markers}", markers))
    }

    fn set_probe<'c>(
        conn: &'c mut MySqlConnection,
        probe: &'c Probe,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>> {
        Self::simple(conn, own_sql(SET_PROBE.replace("{probe}", &probe.name)))
    }

    fn has_probe<'c>(
        conn: &'c mut MySqlConnection,
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

    fn session_state(conn: &mut MySqlConnection) -> BoxFuture<'_, Result<String, sqlx::Error>> {
        Box::pin(async move {
            let rows = Executor::fetch_all(conn, sqlx::raw_sql(SESSION_STATE)).await?;
            let mut state = Vec::with_capacity(rows.len());
            for row in rows {
                let (name, value): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                state.push(format!("{name}={value}"));
            }
            Ok(state.join(" "))
        })
    }

    fn is_state_mismatch(error: &sqlx::Error) -> bool {
        number(error) == Some(ER_SP_DOES_NOT_EXIST)
    }

    fn is_aborted(_error: &sqlx::Error) -> bool {
        false
    }

    fn server_info(conn: &mut MySqlConnection) -> BoxFuture<'_, Result<ServerInfo, sqlx::Error>> {
        Box::pin(async move {
            let sql = own_sql(SERVER_INFO.replace("{server}", SERVER.trim()));
            let row = Executor::fetch_one(&mut *conn, sql).await?;
            let logs_statements = log(conn).await? == ["STATEMENT", "ON"];
            let (server, database): (String, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
            let (tables, flush): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
            let (version, packet): (String, i64) = (row.try_get(4)?, row.try_get(5)?);
            let snapshot_isolation: i64 = row.try_get(6)?;
            let markers = database.filter(|_| tables > 0);
            let markers =
                markers.map(|name| format!("`{}`.aftercommit_markers", name.replace('`', "``")));
            let version = Version::parse(&version);
            let preparing = version.prepares_blocks() && !logs_statements;
            let preparing = markers.as_ref().filter(|_| preparing);
            Ok(ServerInfo {
                marked_commit: preparing.map(|markers| commit::prepared(markers)),
                markers,
                logs_statements,
                server,
                loses_commits: (flush != 1)
                    .then_some("the setting innodb_flush_log_at_trx_commit is not 1"),
                returning: version.inserts_answer(),
                packet: packet.try_into().ok(),
                snapshot_isolation: snapshot_isolation > 0,
                ..ServerInfo::default()
            })
        })
    }

    fn resolve<'p>(
        pool: &'p Pool<Self>,
        identity: &'p Identity,
        server: &'p ServerInfo,
        patience: Duration,
    ) -> BoxFuture<'p, CommitStatus> {
        Box::pin(async move {
            match (identity, &server.markers) {
                (
                    Identity::Token {
                        token,
                        server: name,
                    },
                    Some(markers),
                ) => {
                    let marker = lookup::Marker {
                        markers,
                        token,
                        server: name,
                    };
                    lookup::look_up(pool, marker, patience).await
                }
                (_, None) => CommitStatus::Unknown {
                    why: "the table of commit markers is missing (run `Db::migrate`)",
                },
                _ => CommitStatus::Unknown {
                    why: "no marker could be left, because writes are refused",
                },
            }
        })
    }

    fn simple(conn: &mut MySqlConnection, sql: SqlStr) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async move { Executor::execute(conn, sql).await.map(drop) })
    }

    fn rows() -> &'static RowSql {
        &ROWS
    }

    fn effects() -> &'static EffectSql {
        &EFFECTS
    }

    fn autocommit() -> Option<&'static str> {
        Some(include_str!("autocommit.sql"))
    }

    fn operate() -> &'static OperateSql {
        &OPERATE
    }

    values!();

    fn affected(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }

    fn first_id(result: &Self::QueryResult) -> Option<u64> {
        Some(result.last_insert_id())
    }

    fn encoded_len<'q, T: sqlx::Encode<'q, Self>>(value: &T) -> usize {
        let mut buffer = Vec::new();
        // What cannot be encoded fails where it is added.
        match value.encode_by_ref(&mut buffer) {
            Ok(_) => buffer.len(),
            Err(_) => 0,
        }
    }

    fn column<'r, T>(row: &'r Self::Row, at: usize) -> Result<T, sqlx::Error>
    where
        T: sqlx::Decode<'r, Self> + sqlx::Type<Self>,
    {
        sqlx::Row::try_get(row, at)
    }

    fn migrations() -> &'static [&'static str] {
        MIGRATIONS
    }

    fn connect_options(url: &str) -> Result<MySqlConnectOptions, sqlx::Error> {
        url.parse()
    }
}

/// What the server writes into its log for replicas, and whether it has one.
async fn log(conn: &mut MySqlConnection) -> Result<Vec<String>, sqlx::Error> {
    let rows = Executor::fetch_all(conn, sqlx::raw_sql(BINARY_LOG)).await?;
    rows.iter().map(|row| row.try_get(1)).collect()
}

fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error
        .as_database_error()?
        .try_downcast_ref::<MySqlDatabaseError>()?;
    Some(error.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deferrable_is_refused_by_name() {
        let refused =
            MySql::begin_sql(&Options::new().deferrable()).expect_err("MySQL has no such thing");
        assert_eq!(refused.code(), Some("OPTION_UNSUPPORTED"));
        assert!(refused.to_string().contains("deferrable"), "{refused}");
    }
}
