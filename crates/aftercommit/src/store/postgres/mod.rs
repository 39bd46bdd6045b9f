//! PostgreSQL.

use std::sync::LazyLock;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgListener};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, Pool, Postgres, Row, SqlStr};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Adapter, EffectSql, Facts, Identity, Item, OperateSql, Query, RowSql, Verdict, effect_sql,
    load_effect_sql, operate_sql, own_sql, row_sql, values,
};
use crate::error::Error;
use crate::transaction::Options;

static BEGIN: LazyLock<String> =
    LazyLock::new(|| super::without_comments(include_str!("begin.sql")));
static BEGIN_PLAIN: LazyLock<String> =
    LazyLock::new(|| super::without_comments(include_str!("begin_plain.sql")));
static COMMIT: LazyLock<String> =
    LazyLock::new(|| super::without_comments(include_str!("commit.sql")));
const LEARN: &str = include_str!("learn.sql");
const RESOLVE: &str = include_str!("resolve.sql");

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
    notify: Some(include_str!("effect_notify.sql")),
    text_literal: "convert_from(decode('{hex}', 'hex'), 'UTF8')",
    id_literal: "'{hex}'::uuid",
};

static OPERATE: OperateSql = operate_sql!();

impl Adapter for Postgres {
    const COMMITS_ON_DDL: bool = false;
    const ONE_WRITER: bool = false;

    fn fetch_many(conn: &mut PgConnection, query: Query<Self>) -> BoxStream<'_, Item<Self>> {
        Executor::fetch_many(conn, query)
    }

    // All rows are on their way already: reading them to the end also shows an error behind the first row.
    fn fetch_first(conn: &mut PgConnection, query: Query<Self>) -> BoxStream<'_, Item<Self>> {
        Executor::fetch_many(conn, query)
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

    fn begin_sql(options: &Options, facts: &Facts) -> Result<String, Error> {
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
        let plain = options.read_only || !options.lookup || facts.no_numbers;
        let text = if plain { &BEGIN_PLAIN } else { &BEGIN };
        Ok(text.replace("{options}", &words.join(", ")))
    }

    fn begin<'c>(
        conn: &'c mut PgConnection,
        sql: String,
        _options: &'c Options,
        _facts: &'c Facts,
    ) -> BoxFuture<'c, Result<Identity, sqlx::Error>> {
        Box::pin(async move {
            let row = Executor::fetch_optional(conn, own_sql(sql)).await?;
            let number: Option<String> = row.map(|row| row.try_get(0)).transpose()?.flatten();
            Ok(number.map_or(Identity::None, Identity::Number))
        })
    }

    fn commit_sql(_identity: &Identity, _options: &Options) -> String {
        COMMIT.clone()
    }

    fn rollback_sql(_options: &Options) -> &'static str {
        super::ROLLBACK
    }

    fn upkeep(_facts: &Facts) -> Option<&'static str> {
        None
    }

    fn proof() -> Option<(&'static str, &'static str)> {
        None
    }

    fn is_state_mismatch(_error: &sqlx::Error) -> bool {
        false
    }

    fn is_stale_plan(error: &sqlx::Error) -> bool {
        let error = error.as_database_error();
        let error = error.and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
        // "cached plan must not change result type", in any language.
        error.is_some_and(|error| error.routine() == Some("RevalidateCachedQuery"))
    }

    fn learn(conn: &mut PgConnection) -> BoxFuture<'_, Result<Facts, sqlx::Error>> {
        Box::pin(async move {
            // Without a prepared statement, which a pooler could not keep.
            match Executor::fetch_one(conn, sqlx::raw_sql(LEARN))
                .await
                .and_then(learned)
            {
                Ok((epoch, no_numbers)) => Ok(Facts {
                    markers: false,
                    no_numbers,
                    epoch,
                    ..Facts::default()
                }),
                // Something that speaks Postgres and is not: it can begin and commit, and no more is asked of it.
                Err(sqlx::Error::Database(_)) => Ok(Facts {
                    no_numbers: true,
                    ..Facts::default()
                }),
                Err(error) => Err(error),
            }
        })
    }

    fn resolve<'p>(
        pool: &'p Pool<Self>,
        identity: &'p Identity,
        facts: &'p Facts,
        patience: Duration,
    ) -> BoxFuture<'p, Verdict> {
        Box::pin(async move {
            let Identity::Number(number) = identity else {
                return Verdict::Unknown {
                    why: "the transaction had no number to ask for",
                };
            };
            let deadline = Instant::now() + patience;
            let asked = timeout_at(deadline, ask_until_ended(pool, number, facts));
            asked.await.unwrap_or(Verdict::Unknown {
                why: "the server did not answer in time",
            })
        })
    }

    fn simple(conn: &mut PgConnection, sql: SqlStr) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async move { Executor::execute(conn, sql).await.map(drop) })
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

fn learned(row: sqlx::postgres::PgRow) -> Result<(Option<String>, bool), sqlx::Error> {
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Asks again while the old session is still ending, or the server cannot be reached.
async fn ask_until_ended(pool: &Pool<Postgres>, number: &str, facts: &Facts) -> Verdict {
    let mut pause = Duration::from_millis(2);
    loop {
        if let Ok(mut conn) = pool.connect_options().connect().await {
            while let Ok(answer) = ask(&mut conn, number, facts).await {
                if let Some(verdict) = answer {
                    let _: Result<(), sqlx::Error> = conn.close().await;
                    return verdict;
                }
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(100));
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// `None` while the transaction is still being ended.
async fn ask(
    conn: &mut PgConnection,
    number: &str,
    facts: &Facts,
) -> Result<Option<Verdict>, sqlx::Error> {
    // The number is the server's own; with a parameter it would be a prepared statement, which a pooler could not keep.
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let sql = own_sql(RESOLVE.replace("{number}", &digits));
    let row = match Executor::fetch_one(conn, sql).await {
        Ok(row) => row,
        // 22023, "transaction ID is in the future": the server crashed and lost the number, so that
        // transaction cannot have been committed.
        Err(error)
            if error.as_database_error().and_then(|e| e.code()).as_deref() == Some("22023") =>
        {
            return Ok(Some(Verdict::RolledBack));
        }
        Err(error) => return Err(error),
    };
    let status: Option<String> = row.try_get(0)?;
    let epoch: Option<String> = row.try_get(1)?;
    let crashed = facts.epoch.is_none() || epoch != facts.epoch;
    Ok(decide(status.as_deref(), crashed))
}

/// What a status means; `crashed` says that numbers may have been given out twice since.
fn decide(status: Option<&str>, crashed: bool) -> Option<Verdict> {
    match status {
        Some("aborted") => Some(Verdict::RolledBack),
        Some("committed") if crashed => Some(Verdict::Unknown {
            why: "the server crashed since, so its answer may be about another transaction",
        }),
        Some("committed") => Some(Verdict::Committed),
        // The old transaction died with the crash: the number is somebody else's now.
        Some(_) if crashed => Some(Verdict::RolledBack),
        Some(_) => None,
        None => Some(Verdict::Unknown {
            why: "the server does not remember the transaction any more",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_given_out_twice_is_not_taken_for_a_commit() {
        assert_eq!(decide(Some("committed"), false), Some(Verdict::Committed));
        assert!(matches!(
            decide(Some("committed"), true),
            Some(Verdict::Unknown { .. })
        ));
        assert_eq!(decide(Some("aborted"), true), Some(Verdict::RolledBack));
        assert_eq!(decide(Some("in progress"), false), None);
        assert_eq!(decide(Some("in progress"), true), Some(Verdict::RolledBack));
        assert!(matches!(decide(None, false), Some(Verdict::Unknown { .. })));
    }

    #[test]
    fn options_stand_in_the_message() {
        let options = Options::new().serializable().read_only().deferrable();
        let sql = Postgres::begin_sql(&options, &Facts::default()).expect("all three exist here");
        assert_eq!(
            sql,
            "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE"
        );
    }
}
