//! The business tables of the storm, in each database's own SQL.

use aftercommit::{Dialect, Result, Tx};
use futures_core::future::BoxFuture;
use sqlx::{Connection, MySql, Postgres, Sqlite};

/// A database that the storm rages on.
pub(crate) trait Database: Dialect {
    fn connect(url: &str) -> Result<<Self::Connection as Connection>::Options, sqlx::Error>;

    /// The transaction's own row.
    fn note<'t>(tx: &'t mut Tx<Self>, token: &'t str, effects: u32) -> BoxFuture<'t, Result<()>>;

    /// The next number of a key: in the order of commits, because the row is locked until then.
    fn number<'t>(tx: &'t mut Tx<Self>, key: &'t str) -> BoxFuture<'t, Result<i64>>;

    /// Counts a delivery in a transaction of its own.
    fn count<'t>(tx: &'t mut Tx<Self>, token: &'t str) -> BoxFuture<'t, Result<()>>;
}

macro_rules! rages_on {
    ($database:ty, $note:literal, $next:literal, $number:literal, $count:literal, $connect:expr) => {
        impl Database for $database {
            fn connect(
                url: &str,
            ) -> Result<<Self::Connection as Connection>::Options, sqlx::Error> {
                let connect: fn(
                    <Self::Connection as Connection>::Options,
                ) -> <Self::Connection as Connection>::Options = $connect;
                url.parse().map(connect)
            }

            fn note<'t>(
                tx: &'t mut Tx<Self>,
                token: &'t str,
                effects: u32,
            ) -> BoxFuture<'t, Result<()>> {
                Box::pin(async move {
                    let query = sqlx::query($note).bind(token).bind(i64::from(effects));
                    query.execute(&mut *tx).await?;
                    Ok(())
                })
            }

            fn number<'t>(tx: &'t mut Tx<Self>, key: &'t str) -> BoxFuture<'t, Result<i64>> {
                Box::pin(async move {
                    sqlx::query($next).bind(key).execute(&mut *tx).await?;
                    Ok(sqlx::query_scalar($number)
                        .bind(key)
                        .fetch_one(&mut *tx)
                        .await?)
                })
            }

            fn count<'t>(tx: &'t mut Tx<Self>, token: &'t str) -> BoxFuture<'t, Result<()>> {
                Box::pin(async move {
                    sqlx::query($count).bind(token).execute(&mut *tx).await?;
                    Ok(())
                })
            }
        }
    };
}

rages_on!(
    Postgres,
    "INSERT INTO storm_tokens (token, effects, counted) VALUES ($1, $2, 0)",
    "UPDATE storm_keys SET number = number + 1 WHERE name = $1",
    "SELECT number FROM storm_keys WHERE name = $1",
    "UPDATE storm_tokens SET counted = counted + 1 WHERE token = $1",
    |options| options
);
rages_on!(
    MySql,
    "INSERT INTO storm_tokens (token, effects, counted) VALUES (?, ?, 0)",
    "UPDATE storm_keys SET number = number + 1 WHERE name = ?",
    "SELECT number FROM storm_keys WHERE name = ?",
    "UPDATE storm_tokens SET counted = counted + 1 WHERE token = ?",
    |options| options
);
rages_on!(
    Sqlite,
    "INSERT INTO storm_tokens (token, effects, counted) VALUES (?, ?, 0)",
    "UPDATE storm_keys SET number = number + 1 WHERE name = ?",
    "SELECT number FROM storm_keys WHERE name = ?",
    "UPDATE storm_tokens SET counted = counted + 1 WHERE token = ?",
    |options| options
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Normal)
        .busy_timeout(std::time::Duration::from_secs(20))
);
