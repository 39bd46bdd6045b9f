//! What is asked in each database's own SQL. All other rows are models.

use aftercommit::{Db, Dialect, Result, Tx};
use futures_core::future::BoxFuture;
use sqlx::{MySql, Postgres, Sqlite};

/// A database that the service can be kept in.
pub(crate) trait Database: Dialect {
    fn create_tables(db: &Db<Self>) -> BoxFuture<'_, Result<()>>;
    fn user_id<'t>(tx: &'t mut Tx<Self>, username: &'t str) -> BoxFuture<'t, Result<Option<i64>>>;
    fn usernames(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<Vec<String>>>;
    fn clear(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<()>>;
}

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

            fn clear(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<()>> {
                const CLEAR: &str = include_str!(concat!("../sql/", $folder, "/clear.sql"));
                Box::pin(async move {
                    sqlx::query(CLEAR).execute(tx).await?;
                    Ok(())
                })
            }
        }
    };
}

kept_in!(Sqlite, "sqlite");
kept_in!(Postgres, "postgres");
kept_in!(MySql, "mysql");
