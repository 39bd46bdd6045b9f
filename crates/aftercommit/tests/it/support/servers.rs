//! What the tests ask of each database, in its own SQL.

use aftercommit::{Db, Dialect, Result, Tx};
use futures_core::future::BoxFuture;
use sqlx::pool::PoolOptions;
use sqlx::{Connection, MySql, Pool, Postgres, Sqlite};

use super::POOLED;
use super::site::Files;

pub struct Place<DB: sqlx::Database> {
    pub options: <DB::Connection as Connection>::Options,
    /// Past the pooler, where there is one.
    pub direct: Option<<DB::Connection as Connection>::Options>,
    pub files: Option<Files>,
}

/// A database that the tests run on.
pub trait Server: Dialect {
    /// Whether a foreign key can wait for the commit.
    const DEFERS: bool;

    /// A database, or a schema, that nobody else uses.
    fn place() -> BoxFuture<'static, Place<Self>>;

    /// The port of the server; a database in a file has none.
    fn port(options: &<Self::Connection as Connection>::Options) -> Option<u16>;

    /// The same place, reached through another port.
    fn through(
        options: <Self::Connection as Connection>::Options,
        port: u16,
    ) -> <Self::Connection as Connection>::Options;

    /// Creates the tables of the tests.
    fn tables(pool: &Pool<Self>) -> BoxFuture<'_, ()>;

    fn insert<'t>(tx: &'t mut Tx<Self>, id: i64) -> BoxFuture<'t, Result<()>>;

    /// A row whose parent is missing: fails at COMMIT where the foreign key can wait.
    fn insert_orphan<'t>(tx: &'t mut Tx<Self>, id: i64) -> BoxFuture<'t, Result<()>>;

    fn count<'t>(tx: &'t mut Tx<Self>) -> BoxFuture<'t, Result<i64>>;

    /// What others see.
    fn ids(pool: &Pool<Self>) -> BoxFuture<'_, Vec<i64>>;

    /// Runs a statement without parameters.
    fn run<'c>(conn: &'c mut Self::Connection, sql: &'static str) -> BoxFuture<'c, ()>;

    /// What the message of a COMMIT that can be looked up contains, on a connection that has prepared a statement.
    fn commit_needle(pool: &Pool<Self>) -> BoxFuture<'_, Vec<u8>> {
        let _ = pool;
        Box::pin(async { b"COMMIT".to_vec() })
    }

    /// Transactions of this database's sessions that are open now.
    fn open_transactions(pool: &Pool<Self>) -> BoxFuture<'_, i64>;
}

pub fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run the tests with `cargo xtask test`"))
}

pub fn unique() -> String {
    format!("t{}", uuid::Uuid::now_v7().simple())
}

macro_rules! in_its_own_sql {
    (insert: $insert:literal, orphan: $orphan:literal) => {
        fn insert<'t>(tx: &'t mut Tx<Self>, id: i64) -> BoxFuture<'t, Result<()>> {
            Box::pin(async move {
                sqlx::query($insert).bind(id).execute(&mut *tx).await?;
                Ok(())
            })
        }

        fn insert_orphan<'t>(tx: &'t mut Tx<Self>, id: i64) -> BoxFuture<'t, Result<()>> {
            Box::pin(async move {
                sqlx::query($orphan).bind(id).execute(&mut *tx).await?;
                Ok(())
            })
        }

        fn count<'t>(tx: &'t mut Tx<Self>) -> BoxFuture<'t, Result<i64>> {
            Box::pin(async move {
                Ok(sqlx::query_scalar("SELECT COUNT(*) FROM item")
                    .fetch_one(&mut *tx)
                    .await?)
            })
        }

        fn run<'c>(conn: &'c mut Self::Connection, sql: &'static str) -> BoxFuture<'c, ()> {
            Box::pin(async move {
                sqlx::raw_sql(sql).execute(conn).await.expect("runs");
            })
        }

        fn ids(pool: &Pool<Self>) -> BoxFuture<'_, Vec<i64>> {
            Box::pin(async move {
                sqlx::query_scalar("SELECT id FROM item ORDER BY id")
                    .fetch_all(pool)
                    .await
                    .expect("the rows")
            })
        }
    };
}

impl Server for Sqlite {
    const DEFERS: bool = true;

    fn place() -> BoxFuture<'static, Place<Self>> {
        Box::pin(async {
            let files = Files::new();
            let options = sqlx::sqlite::SqliteConnectOptions::new()
                .filename(files.path().join("test.db"))
                .create_if_missing(true)
                .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
                .synchronous(sqlx::sqlite::SqliteSynchronous::Off);
            Place {
                options,
                direct: None,
                files: Some(files),
            }
        })
    }

    fn port(_options: &<Self::Connection as Connection>::Options) -> Option<u16> {
        None
    }

    fn through(
        options: <Self::Connection as Connection>::Options,
        _port: u16,
    ) -> <Self::Connection as Connection>::Options {
        options
    }

    fn tables(pool: &Pool<Self>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let sql = "CREATE TABLE item (id INTEGER PRIMARY KEY, val BIGINT);
                CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id BIGINT
                    REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)";
            sqlx::raw_sql(sql).execute(pool).await.expect("tables");
        })
    }

    in_its_own_sql! {
        insert: "INSERT INTO item (id) VALUES (?)",
        orphan: "INSERT INTO child (id, parent_id) VALUES (?, -1)"
    }

    fn open_transactions(pool: &Pool<Self>) -> BoxFuture<'_, i64> {
        Box::pin(async move {
            // Whoever has an open write transaction keeps others from beginning one.
            let mut conn = pool.acquire().await.expect("a connection");
            let free = sqlx::raw_sql("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK")
                .execute(&mut *conn)
                .await;
            i64::from(free.is_err())
        })
    }
}

impl Server for Postgres {
    const DEFERS: bool = true;

    fn place() -> BoxFuture<'static, Place<Self>> {
        if POOLED.try_with(|()| ()).is_ok() {
            return Box::pin(behind_the_pooler());
        }
        Box::pin(async {
            let schema = unique();
            let base: sqlx::postgres::PgConnectOptions = variable("AFTERCOMMIT_TEST_POSTGRES")
                .parse()
                .expect("a URL");
            let mut conn = sqlx::PgConnection::connect_with(&base)
                .await
                .expect("a server");
            let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
            sqlx::raw_sql(create)
                .execute(&mut conn)
                .await
                .expect("a schema");
            let options = base
                .options([("search_path", schema.as_str())])
                .application_name(&schema);
            Place {
                options,
                direct: None,
                files: None,
            }
        })
    }

    fn port(options: &<Self::Connection as Connection>::Options) -> Option<u16> {
        Some(options.get_port())
    }

    fn through(
        options: <Self::Connection as Connection>::Options,
        port: u16,
    ) -> <Self::Connection as Connection>::Options {
        options.port(port)
    }

    fn tables(pool: &Pool<Self>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let sql = "CREATE TABLE item (id BIGINT PRIMARY KEY, val BIGINT);
                CREATE TABLE child (id BIGINT PRIMARY KEY, parent_id BIGINT
                    REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)";
            sqlx::raw_sql(sql).execute(pool).await.expect("tables");
        })
    }

    in_its_own_sql! {
        insert: "INSERT INTO item (id) VALUES ($1)",
        orphan: "INSERT INTO child (id, parent_id) VALUES ($1, -1)"
    }

    fn open_transactions(pool: &Pool<Self>) -> BoxFuture<'_, i64> {
        Box::pin(async move {
            let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = current_setting('application_name')
                AND xact_start IS NOT NULL AND pid <> pg_backend_pid()";
            sqlx::query_scalar(sql)
                .fetch_one(pool)
                .await
                .expect("a count")
        })
    }
}

/// A database of its own: the pooler passes on no search path.
async fn behind_the_pooler() -> Place<Postgres> {
    let name = unique();
    let server: sqlx::postgres::PgConnectOptions = variable("AFTERCOMMIT_TEST_POSTGRES")
        .parse()
        .expect("a URL");
    let pooler: sqlx::postgres::PgConnectOptions =
        variable("AFTERCOMMIT_TEST_POOLER").parse().expect("a URL");
    let mut conn = sqlx::PgConnection::connect_with(&server)
        .await
        .expect("a server");
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::raw_sql(create)
        .execute(&mut conn)
        .await
        .expect("a database");
    Place {
        options: pooler.database(&name),
        direct: Some(server.database(&name).application_name(&name)),
        files: None,
    }
}

impl Server for MySql {
    const DEFERS: bool = false;

    fn place() -> BoxFuture<'static, Place<Self>> {
        Box::pin(async {
            let database = unique();
            let base: sqlx::mysql::MySqlConnectOptions =
                variable("AFTERCOMMIT_TEST_MYSQL").parse().expect("a URL");
            let mut conn = sqlx::MySqlConnection::connect_with(&base)
                .await
                .expect("a server");
            let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {database}"));
            sqlx::raw_sql(create)
                .execute(&mut conn)
                .await
                .expect("a database");
            let options = base.database(&database);
            let migrating = Db::new(
                PoolOptions::<MySql>::new()
                    .connect_with(options.clone())
                    .await
                    .expect("a pool"),
            );
            migrating.migrate().await.expect("the table of markers");
            migrating.pool().close().await;
            Place {
                options,
                direct: None,
                files: None,
            }
        })
    }

    fn port(options: &<Self::Connection as Connection>::Options) -> Option<u16> {
        Some(options.get_port())
    }

    fn through(
        options: <Self::Connection as Connection>::Options,
        port: u16,
    ) -> <Self::Connection as Connection>::Options {
        options.port(port)
    }

    fn tables(pool: &Pool<Self>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let sql = "CREATE TABLE item (id BIGINT PRIMARY KEY, val BIGINT) ENGINE = InnoDB;
                CREATE TABLE child (id BIGINT PRIMARY KEY, parent_id BIGINT,
                    FOREIGN KEY (parent_id) REFERENCES item (id)) ENGINE = InnoDB";
            sqlx::raw_sql(sql).execute(pool).await.expect("tables");
        })
    }

    in_its_own_sql! {
        insert: "INSERT INTO item (id) VALUES (?)",
        orphan: "INSERT INTO child (id, parent_id) VALUES (?, -1)"
    }

    // It is a prepared statement; its text was sent before, and this is an argument.
    fn commit_needle(pool: &Pool<Self>) -> BoxFuture<'_, Vec<u8>> {
        let server = "SELECT CONCAT(@@hostname, ':', @@port, '/', @@server_id)";
        Box::pin(async move {
            let server: String = sqlx::query_scalar(server).fetch_one(pool).await.unwrap();
            server.into_bytes()
        })
    }

    fn open_transactions(pool: &Pool<Self>) -> BoxFuture<'_, i64> {
        Box::pin(async move {
            let sql = "SELECT COUNT(*) FROM information_schema.innodb_trx t
                JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
                WHERE p.db = DATABASE() AND p.id <> CONNECTION_ID()";
            sqlx::query_scalar(sql)
                .fetch_one(pool)
                .await
                .expect("a count")
        })
    }
}
