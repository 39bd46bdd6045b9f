//! PostgreSQL.

mod decide;
mod ends;
mod in_session;
mod lookup;
mod number;
mod probe;

use std::borrow::Cow;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgListener};
use sqlx::{Executor, PgConnection, Pool, Postgres, Row, SqlStr};
use tokio::time::sleep;

use super::{
    Adapter, BeginMessage, CommitMessage, CommitStatus, EffectSql, Identity, Item, OperateSql,
    Probe, ProbeAnswer, Query, RowSql, ServerInfo, TransactionsBegun, TxInfo, effect_sql,
    load_effect_sql, operate_sql, row_sql, values,
};
use crate::error::Error;
use crate::transaction::{Grammar, Options};

/// What most transactions begin with.
const BEGIN_PLAINLY: &str = include_str!("begin_plainly.sql");
const BEGIN: &str = include_str!("begin.sql");
const SERVER_INFO: &str = include_str!("server_info.sql");
const SESSION_STATE: &str = include_str!("session_state.sql");

static ROWS: RowSql = row_sql! {
    answers: true,
    conflict: None,
    reuses_ids: false,
    quote: '"',
    parameter: '$',
    most_parameters: 65535,
};

static EFFECTS: EffectSql = effect_sql! {
    lock: None,
    at_once: usize::MAX,
    notify: Some(include_str!("effect_notify.sql")),
    text_literal: "convert_from(decode('{hex}', 'hex'), 'UTF8')",
    id_literal: "'{hex}'::uuid",
    current: None,
    unique_lane: Some(include_str!("effect_unique_lane.sql")),
    unique: None,
};

static OPERATE: OperateSql = operate_sql!();

impl Adapter for Postgres {
    const COMMITS_ON_DDL: bool = false;
    const ONE_WRITER: bool = false;
    const GRAMMAR: Grammar = Grammar::Postgres;
    const ONE_STATEMENT_WITH_ARGUMENTS: bool = true;
    const IN_PROCESS: bool = false;

    fn fetch_many(conn: &mut PgConnection, query: Query<Self>) -> BoxStream<'_, Item<Self>> {
        Executor::fetch_many(conn, query)
    }

    fn fetch_first(
        conn: &mut PgConnection,
        query: Query<Self>,
    ) -> BoxFuture<'_, Result<Option<Self::Row>, sqlx::Error>> {
        Executor::fetch_optional(conn, query)
    }

    fn prepare<'c>(
        conn: &'c mut PgConnection,
        sql: SqlStr,
        parameters: &'c [Self::TypeInfo],
    ) -> BoxFuture<'c, Result<Self::Statement, sqlx::Error>> {
        Executor::prepare_with(conn, sql, parameters)
    }

    fn describe(
        conn: &mut PgConnection,
        sql: SqlStr,
    ) -> BoxFuture<'_, Result<sqlx::Describe<Self>, sqlx::Error>> {
        Executor::describe(conn, sql)
    }

    fn begin_sql(options: &Options) -> Result<Cow<'static, str>, Error> {
        if options.isolation.is_none() && !options.read_only && !options.deferrable {
            return Ok(BEGIN_PLAINLY.trim_end().into());
        }
        let mut words = Vec::new();
        if let Some(isolation) = options.isolation {
            words.push(format!("ISOLATION LEVEL {}", isolation.sql()));
        }
        if options.read_only {
            words.push("READ ONLY".into());
        }
        if options.deferrable {
            words.push("DEFERRABLE".into());
        }
        Ok(BEGIN.trim().replace("{options}", &words.join(", ")).into())
    }

    fn begin<'c>(
        conn: &'c mut PgConnection,
        message: BeginMessage<'c>,
        server: &'c ServerInfo,
    ) -> BoxFuture<'c, Result<TxInfo, sqlx::Error>> {
        Box::pin(ends::begin(conn, message, server))
    }

    fn keep_up<'c>(
        conn: &'c mut PgConnection,
        server: &'c ServerInfo,
    ) -> Option<BoxFuture<'c, Result<(), sqlx::Error>>> {
        let numbers = server.numbers.as_ref()?;
        numbers.should_ask().then(|| {
            let learned = number::learn(conn, numbers);
            Box::pin(async { learned.await.map(drop) }) as BoxFuture<'_, _>
        })
    }

    fn commit<'c>(
        conn: &'c mut PgConnection,
        message: CommitMessage<'c>,
        tx: &'c mut TxInfo,
        server: &'c ServerInfo,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>> {
        Box::pin(ends::commit(conn, message, tx, server))
    }

    fn rollback_sql(_options: &Options, _tx: &TxInfo) -> &'static str {
        super::ROLLBACK
    }

    fn upkeep(_server: &ServerInfo) -> Option<String> {
        None
    }

    fn set_probe<'c>(
        conn: &'c mut PgConnection,
        probe: &'c Probe,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>> {
        Box::pin(probe::set(conn, probe))
    }

    fn has_probe<'c>(
        conn: &'c mut PgConnection,
        probe: &'c Probe,
    ) -> BoxFuture<'c, Result<ProbeAnswer, sqlx::Error>> {
        Box::pin(probe::has(conn, probe))
    }

    fn transactions_begun(
        conn: &mut PgConnection,
    ) -> BoxFuture<'_, Result<Option<TransactionsBegun>, sqlx::Error>> {
        Box::pin(probe::transactions_begun(conn))
    }

    fn is_stale_plan(error: &sqlx::Error) -> bool {
        let error = error.as_database_error();
        let error = error.and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
        // "cached plan must not change result type", in any language.
        error.is_some_and(|error| error.routine() == Some("RevalidateCachedQuery"))
    }

    fn session_state(conn: &mut PgConnection) -> BoxFuture<'_, Result<String, sqlx::Error>> {
        Box::pin(async move {
            let rows = Executor::fetch_all(conn, sqlx::raw_sql(SESSION_STATE)).await?;
            let settings: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get(0)).collect();
            Ok(settings?.join(" "))
        })
    }

    fn is_state_mismatch(error: &sqlx::Error) -> bool {
        // invalid_savepoint_specification, no_active_sql_transaction
        matches!(code(error).as_deref(), Some("3B001" | "25P01"))
    }

    fn is_aborted(error: &sqlx::Error) -> bool {
        // in_failed_sql_transaction
        code(error).as_deref() == Some("25P02")
    }

    fn server_info(conn: &mut PgConnection) -> BoxFuture<'_, Result<ServerInfo, sqlx::Error>> {
        Box::pin(async move {
            // Without prepared statements, which a pooler could not keep.
            let known = Executor::fetch_one(&mut *conn, sqlx::raw_sql(SERVER_INFO)).await;
            let row = match known {
                Ok(row) => row,
                // Something that speaks Postgres and is not: it can begin and commit, and no more is asked of it.
                Err(sqlx::Error::Database(_)) => {
                    return Ok(ServerInfo::default());
                }
                Err(error) => return Err(error),
            };
            let (version, no_fsync): (i32, bool) = (row.try_get(0)?, row.try_get(1)?);
            Ok(ServerInfo {
                numbers: number::numbers(conn, version, row.try_get(2)?).await?,
                loses_commits: no_fsync.then_some("the setting fsync is off"),
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
            match identity {
                Identity::Number {
                    number,
                    instance,
                    epoch,
                } => match &server.numbers {
                    Some(numbers) => {
                        let asked = lookup::Asked {
                            number,
                            instance,
                            epoch: epoch.as_deref(),
                            numbers,
                        };
                        lookup::look_up(pool, asked, patience).await
                    }
                    None => CommitStatus::Unknown {
                        why: "this server gives out no transaction numbers",
                    },
                },
                Identity::WroteNothing => CommitStatus::RolledBack,
                Identity::Unknown | Identity::Token { .. } => CommitStatus::Unknown {
                    why: "the connection was lost before the transaction's number had arrived",
                },
            }
        })
    }

    fn simple(conn: &mut PgConnection, sql: SqlStr) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        // Cheaper than `execute`, and it reads the answer to the end as well.
        Box::pin(async move { Executor::fetch_optional(conn, sql).await.map(drop) })
    }

    fn rows() -> &'static RowSql {
        &ROWS
    }

    fn effects() -> &'static EffectSql {
        &EFFECTS
    }

    fn hints(
        pool: &Pool<Self>,
        channel: String,
    ) -> Option<BoxStream<'static, Result<(), sqlx::Error>>> {
        let pool = pool.clone();
        Some(Box::pin(async_stream::stream! {
            loop {
                match heard(&pool, &channel).await {
                    Ok(mut listener) => {
                        // Listening now: what was committed before is to be looked for.
                        yield Ok(());
                        // `None` is a connection that was lost and is back; hints may have been missed.
                        while listener.try_recv().await.is_ok() {
                            yield Ok(());
                        }
                    }
                    Err(error) => yield Err(error),
                }
                sleep(Duration::from_secs(1)).await;
            }
        }))
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

    fn connect_options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
        url.parse()
    }
}

async fn heard(pool: &Pool<Postgres>, channel: &str) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(channel).await?;
    Ok(listener)
}

fn code(error: &sqlx::Error) -> Option<std::borrow::Cow<'_, str>> {
    error.as_database_error()?.code()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_stand_in_the_message() {
        let options = Options::new().serializable().read_only().deferrable();
        let sql = Postgres::begin_sql(&options).expect("all three exist here");
        assert_eq!(
            sql,
            "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE"
        );
        let plain = Postgres::begin_sql(&Options::new()).expect("nothing is asked for");
        assert_eq!(plain, BEGIN.replace("{options}", "").trim());
    }
}
