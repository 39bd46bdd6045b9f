//! MySQL and MariaDB.

use std::sync::LazyLock;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError};
use sqlx::{ConnectOptions, Connection, Executor, MySql, MySqlConnection, Pool, SqlStr};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Adapter, EffectSql, Facts, Identity, Item, OperateSql, Query, RowSql, Verdict, effect_sql,
    load_effect_sql, operate_sql, own_sql, row_sql, values,
};
use crate::error::{Error, Kind};
use crate::transaction::Options;

static BEGIN: LazyLock<String> =
    LazyLock::new(|| super::without_comments(include_str!("begin.sql")));
static COMMIT: LazyLock<String> =
    LazyLock::new(|| super::without_comments(include_str!("commit.sql")));
static PROVE: LazyLock<String> =
    LazyLock::new(|| super::without_comments(include_str!("prove.sql")));
const PROVEN: &str = include_str!("proven.sql");
const ISOLATION: &str = include_str!("isolation.sql");
const MARK: &str = include_str!("mark.sql");
const LEARN: &str = include_str!("learn.sql");
const RESOLVE: &str = include_str!("resolve.sql");
const WAIT: &str = include_str!("wait.sql");
const PRUNE: &str = include_str!("prune.sql");
const MIGRATIONS: &[&str] = &[include_str!("migrate_1.sql")];

/// "SAVEPOINT does not exist".
const ER_SP_DOES_NOT_EXIST: u16 = 1305;
/// "Duplicate entry".
const ER_DUP_ENTRY: u16 = 1062;

static ROWS: RowSql = row_sql! {
    answers: false,
    quote: '`',
    parameter: '?',
    most_parameters: 65535,
};

static EFFECTS: EffectSql = effect_sql! {
    lock: Some(include_str!("effect_lock.sql")),
    notify: None,
    text_literal: "CONVERT(X'{hex}' USING utf8mb4)",
    id_literal: "X'{hex}'",
};

static OPERATE: OperateSql = operate_sql!();

impl Adapter for MySql {
    const COMMITS_ON_DDL: bool = true;
    const ONE_WRITER: bool = false;

    fn fetch_many(conn: &mut MySqlConnection, query: Query<Self>) -> BoxStream<'_, Item<Self>> {
        Executor::fetch_many(conn, query)
    }

    // All rows are on their way already: reading them to the end also shows an error behind the first row.
    fn fetch_first(conn: &mut MySqlConnection, query: Query<Self>) -> BoxStream<'_, Item<Self>> {
        Executor::fetch_many(conn, query)
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

    fn begin_sql(options: &Options, _facts: &Facts) -> Result<String, Error> {
        if options.deferrable {
            return Err(Error::new(Kind::OptionUnsupported {
                option: "deferrable",
                database: "MySQL",
            }));
        }
        let isolation = options.isolation.map_or(String::new(), |level| {
            ISOLATION.replace("{level}", level.sql())
        });
        Ok(isolation
            + &BEGIN.replace(
                "{options}",
                if options.read_only { "READ ONLY" } else { "" },
            ))
    }

    fn begin<'c>(
        conn: &'c mut MySqlConnection,
        sql: String,
        options: &'c Options,
        facts: &'c Facts,
    ) -> BoxFuture<'c, Result<Identity, sqlx::Error>> {
        Box::pin(async move {
            Executor::execute(conn, own_sql(sql)).await?;
            // A read-only transaction can write no marker, and its commit changes nothing.
            let marked = facts.markers && options.lookup && !options.read_only;
            Ok(if marked {
                Identity::Token(uuid::Uuid::now_v7().simple().to_string())
            } else {
                Identity::None
            })
        })
    }

    fn commit_sql(identity: &Identity, _options: &Options) -> String {
        let marker = match identity {
            Identity::Token(token) => MARK.replace("{token}", token),
            _ => String::new(),
        };
        COMMIT.replace("{marker}", &marker)
    }

    fn rollback_sql(_options: &Options) -> &'static str {
        super::ROLLBACK
    }

    fn upkeep(facts: &Facts) -> Option<&'static str> {
        facts.markers.then_some(PRUNE)
    }

    fn proof() -> Option<(&'static str, &'static str)> {
        Some((&PROVE, PROVEN))
    }

    fn is_state_mismatch(error: &sqlx::Error) -> bool {
        number(error) == Some(ER_SP_DOES_NOT_EXIST)
    }

    fn learn(conn: &mut MySqlConnection) -> BoxFuture<'_, Result<Facts, sqlx::Error>> {
        Box::pin(async move {
            let (tables, id_step): (i64, i64) = sqlx::query_as(LEARN).fetch_one(conn).await?;
            Ok(Facts {
                markers: tables > 0,
                id_step: id_step.unsigned_abs(),
                ..Facts::default()
            })
        })
    }

    fn resolve<'p>(
        pool: &'p Pool<Self>,
        identity: &'p Identity,
        _facts: &'p Facts,
        patience: Duration,
    ) -> BoxFuture<'p, Verdict> {
        Box::pin(async move {
            let Identity::Token(token) = identity else {
                return Verdict::Unknown {
                    why: "the table of commit markers is missing (run `Db::migrate`)",
                };
            };
            let deadline = Instant::now() + patience;
            let asked = timeout_at(deadline, claim_until_ended(pool, token));
            asked.await.unwrap_or(Verdict::Unknown {
                why: "the server did not answer in time",
            })
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

/// Tries to take the token until the server has said yes or no.
async fn claim_until_ended(pool: &Pool<MySql>, token: &str) -> Verdict {
    loop {
        if let Ok(mut conn) = pool.connect_options().connect().await {
            let verdict = claim(&mut conn, token).await;
            let _: Result<(), sqlx::Error> = conn.close().await;
            if let Some(verdict) = verdict {
                return verdict;
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// `None` when the connection failed or the lost transaction still holds the token.
async fn claim(conn: &mut MySqlConnection, token: &str) -> Option<Verdict> {
    Executor::execute(&mut *conn, WAIT).await.ok()?;
    match sqlx::query(RESOLVE).bind(token).execute(conn).await {
        Ok(_) => Some(Verdict::RolledBack),
        Err(error) if number(&error) == Some(ER_DUP_ENTRY) => Some(Verdict::Committed),
        Err(_) => None,
    }
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
    fn a_marker_stands_before_the_commit() {
        let sql = MySql::commit_sql(&Identity::Token("abc".into()), &Options::new());
        let words: Vec<_> = sql
            .lines()
            .map(|line| line.split(' ').next().unwrap_or_default())
            .collect();
        assert_eq!(words, ["INSERT", "COMMIT"]);
    }

    #[test]
    fn deferrable_is_refused_by_name() {
        let refused = MySql::begin_sql(&Options::new().deferrable(), &Facts::default())
            .expect_err("MySQL has no such thing");
        assert_eq!(refused.code(), Some("OPTION_UNSUPPORTED"));
        assert!(refused.to_string().contains("deferrable"), "{refused}");
    }
}
