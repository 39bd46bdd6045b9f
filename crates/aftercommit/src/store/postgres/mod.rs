//! PostgreSQL.

mod decide;
mod lookup;
mod number;

use std::sync::LazyLock;
use std::time::Duration;

use either::Either;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::StreamExt;
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgListener};
use sqlx::{Column, Executor, PgConnection, Pool, Postgres, Row, SqlStr};
use tokio::time::sleep;

use super::{
    Adapter, CommitMessage, CommitStatus, EffectSql, Identity, Item, OperateSql, Probe,
    ProbeAnswer, Query, RowSql, ServerInfo, TransactionsBegun, TxInfo, effect_sql, load_effect_sql,
    operate_sql, own_sql, row_sql, values,
};
use crate::error::Error;
use crate::transaction::{Grammar, Options};

/// The statements of a transaction, without their comments.
struct Texts {
    durable: String,
    set_probe: String,
    set_probe_first: String,
    commit: String,
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    let text = super::without_comments;
    Texts {
        durable: text(include_str!("durable.sql")),
        set_probe: text(include_str!("set_probe.sql")),
        set_probe_first: text(include_str!("set_probe_first.sql")),
        commit: text(include_str!("commit.sql")),
    }
});
/// read_only_sql_transaction
const READ_ONLY: &str = "25006";
/// What most transactions begin with.
const BEGIN_PLAINLY: &str = include_str!("begin_plainly.sql");
const BEGIN: &str = include_str!("begin.sql");
const DURABLE_ALONE: &str = include_str!("durable_alone.sql");
const SET_DURABLE: &str = include_str!("set_durable.sql");
const SERVER_INFO: &str = include_str!("server_info.sql");
const HAS_PROBE: &str = include_str!("has_probe.sql");
const HAS_PROBE_ABORTED: &str = include_str!("has_probe_aborted.sql");
const HAS_PROBE_FIRST: &str = include_str!("has_probe_first.sql");
const TRANSACTIONS_BEGUN: &str = include_str!("transactions_begun.sql");
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

    fn begin_sql(options: &Options) -> Result<String, Error> {
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
        Ok(BEGIN.trim().replace("{options}", &words.join(", ")))
    }

    fn begin<'c>(
        conn: &'c mut PgConnection,
        sql: String,
        then: String,
        writes: bool,
        options: &'c Options,
        server: &'c ServerInfo,
    ) -> BoxFuture<'c, Result<TxInfo, sqlx::Error>> {
        Box::pin(async move {
            let asks = writes && options.lookup && !options.read_only;
            let numbers = server.numbers.as_ref().filter(|_| asks);
            let message = |asked: Option<String>| {
                let parts = [Some(sql.as_str()), asked.as_deref(), Some(then.as_str())];
                let parts: Vec<&str> = parts
                    .into_iter()
                    .flatten()
                    .filter(|part| !part.is_empty())
                    .collect();
                own_sql(parts.join(";\n"))
            };
            let Some(numbers) = numbers else {
                Self::simple(conn, message(None)).await?;
                return Ok(TxInfo::default());
            };
            let row =
                Executor::fetch_optional(&mut *conn, message(Some(number::at_once(numbers)))).await;
            let mut tx = TxInfo::default();
            match row {
                Ok(Some(row)) => tx.identity = number::identity(&row, numbers)?,
                Ok(None) => {}
                // A standby gives out no numbers. Its answer to the statement itself says more.
                Err(error) if code(&error).as_deref() == Some(READ_ONLY) => {
                    Self::simple(&mut *conn, SqlStr::from_static(super::ROLLBACK)).await?;
                    Self::simple(conn, message(None)).await?;
                    return Ok(tx);
                }
                Err(error) => return Err(error),
            }
            if let Identity::Number {
                instance, epoch, ..
            } = &mut tx.identity
                && epoch.is_none()
            {
                let (there, known) = number::learn(conn, numbers).await?;
                *epoch = known.filter(|_| there == *instance);
            }
            Ok(tx)
        })
    }

    fn keep_up<'c>(
        conn: &'c mut PgConnection,
        server: &'c ServerInfo,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>> {
        Box::pin(async move {
            if let Some(numbers) = server.numbers.as_ref().filter(|known| known.should_ask()) {
                number::learn(conn, numbers).await?;
            }
            Ok(())
        })
    }

    fn commit<'c>(
        conn: &'c mut PgConnection,
        message: CommitMessage<'c>,
        tx: &'c mut TxInfo,
        server: &'c ServerInfo,
    ) -> BoxFuture<'c, Result<(), sqlx::Error>> {
        Box::pin(async move {
            let mut sql = message.before.clone();
            let unnumbered = message.looked_up() && tx.identity == Identity::Unknown;
            let asks = server.numbers.as_ref().filter(|_| unnumbered);
            if let Some(numbers) = asks {
                let durable = match message.must_last {
                    true => format!(", {}", TEXTS.durable),
                    false => String::new(),
                };
                sql.push_str(&number::if_any(numbers, server.flushes, &durable));
            } else if message.must_last && message.may_have_written {
                match tx.asynchronous {
                    Some(true) => sql.push_str(SET_DURABLE),
                    Some(false) => {}
                    None => {
                        sql.push_str(&DURABLE_ALONE.replace("{durable}", &TEXTS.durable));
                    }
                }
            }
            sql.push_str(&TEXTS.commit);
            let Some(numbers) = asks else {
                return Self::simple(conn, own_sql(sql)).await;
            };
            let mut items = Executor::fetch_many(conn, own_sql(sql));
            while let Some(item) = items.next().await {
                // The statements of effects answer with rows as well.
                if let Either::Right(row) = item?
                    && let Some(first) = row.columns().first()
                    && first.name() == number::NUMBER
                {
                    tx.identity = number::identity(&row, numbers)?;
                }
            }
            Ok(())
        })
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
        let text = match probe.first {
            true => &TEXTS.set_probe_first,
            false => &TEXTS.set_probe,
        };
        Self::simple(conn, own_sql(text.replace("{probe}", &probe.name)))
    }

    fn has_probe<'c>(
        conn: &'c mut PgConnection,
        probe: &'c Probe,
    ) -> BoxFuture<'c, Result<ProbeAnswer, sqlx::Error>> {
        Box::pin(async move {
            if probe.first {
                let there = show(conn, HAS_PROBE_FIRST).await? == probe.name;
                return Ok(match there {
                    true => ProbeAnswer::There,
                    false => ProbeAnswer::Gone,
                });
            }
            let text = |text: &str| own_sql(text.trim().replace("{probe}", &probe.name));
            let mut found = ProbeAnswer::There;
            let mut asked = Self::simple(conn, text(HAS_PROBE)).await;
            if asked.as_ref().is_err_and(Self::is_aborted) {
                found = ProbeAnswer::Undone;
                asked = Self::simple(conn, text(HAS_PROBE_ABORTED)).await;
            }
            match asked {
                Ok(()) => Ok(found),
                Err(error) if Self::is_state_mismatch(&error) => Ok(ProbeAnswer::Gone),
                Err(error) => Err(error),
            }
        })
    }

    fn transactions_begun(
        conn: &mut PgConnection,
    ) -> BoxFuture<'_, Result<Option<TransactionsBegun>, sqlx::Error>> {
        Box::pin(async move {
            let row = match Executor::fetch_optional(conn, sqlx::raw_sql(TRANSACTIONS_BEGUN)).await
            {
                Ok(row) => row,
                // The view may be closed to this role.
                Err(sqlx::Error::Database(_)) => None,
                Err(error) => return Err(error),
            };
            row.map(|row| {
                Ok(TransactionsBegun {
                    session: row.try_get(0)?,
                    count: row.try_get(1)?,
                })
            })
            .transpose()
        })
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
            let (version, no_fsync, flushes): (i32, bool, bool) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            Ok(ServerInfo {
                numbers: number::numbers(conn, version, row.try_get(3)?).await?,
                flushes,
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

/// The value of a setting; empty if it was never set. No snapshot is taken for it.
async fn show(conn: &mut PgConnection, sql: &'static str) -> Result<String, sqlx::Error> {
    match Executor::fetch_one(conn, sqlx::raw_sql(sql)).await {
        Ok(row) => row.try_get(0),
        // undefined_object
        Err(error) if code(&error).as_deref() == Some("42704") => Ok(String::new()),
        Err(error) => Err(error),
    }
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
