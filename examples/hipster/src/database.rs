//! What is asked in each database's own SQL. All other rows are models.

use aftercommit::{Db, Dialect, Result, Tx};
use futures_core::future::BoxFuture;
use sqlx::{MySql, Postgres, Sqlite};

/// A database that the service can be kept in.
pub(crate) trait Database: Dialect {
    fn create_tables(db: &Db<Self>) -> BoxFuture<'_, Result<()>>;
    fn user_id<'t>(tx: &'t mut Tx<Self>, username: &'t str) -> BoxFuture<'t, Result<Option<i64>>>;
    fn usernames(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<Vec<String>>>;
    /// How many effects are still to follow, and how many were given up.
    fn to_follow(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<(i64, i64)>>;
    fn clear(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<()>>;
}

const EFFECTS: &str = include_str!("../sql/effects.sql");

/// Who starts over does not wait for what was still to follow.
const FORGET: [&str; 3] = [
    "DELETE FROM aftercommit_effects",
    "DELETE FROM aftercommit_waiting",
    "DELETE FROM aftercommit_dead",
];

macro_rules! kept_in {
    ($database:ty, $folder:literal) => {
        impl Database for $database {
            fn create_tables(db: &Db<Self>) -> BoxFuture<'_, Result<()>> {
                const TABLES: &str = include_str!(concat!("../sql/", $folder, "/tables.sql"));
                Box::pin(async move {
                    sqlx::raw_sql(TABLES).execute(db.pool()).await?;
                    Ok(())
                })
            }

            fn user_id<'t>(
                tx: &'t mut Tx<Self>,
                username: &'t str,
            ) -> BoxFuture<'t, Result<Option<i64>>> {
                const USER_ID: &str = include_str!(concat!("../sql/", $folder, "/user_id.sql"));
                let query = sqlx::query_scalar(USER_ID).bind(username);
                Box::pin(async move { Ok(query.fetch_optional(tx).await?) })
            }

            fn usernames(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<Vec<String>>> {
                const USERNAMES: &str = include_str!(concat!("../sql/", $folder, "/usernames.sql"));
                Box::pin(async move { Ok(sqlx::query_scalar(USERNAMES).fetch_all(tx).await?) })
            }

            fn to_follow(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<(i64, i64)>> {
                Box::pin(async move { Ok(sqlx::query_as(EFFECTS).fetch_one(tx).await?) })
            }

            fn clear(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<()>> {
                const CLEAR: &str = include_str!(concat!("../sql/", $folder, "/clear.sql"));
                Box::pin(async move {
                    sqlx::query(CLEAR).execute(&mut *tx).await?;
                    for forget in FORGET {
                        sqlx::query(forget).execute(&mut *tx).await?;
                    }
                    Ok(())
                })
            }
        }
    };
}

kept_in!(Sqlite, "sqlite");
kept_in!(Postgres, "postgres");
kept_in!(MySql, "mysql");
