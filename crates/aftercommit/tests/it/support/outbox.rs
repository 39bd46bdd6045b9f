//! What is in the tables of effects, and waiting for it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aftercommit::Db;
use sqlx::{MySql, Pool, Postgres, Row, Sqlite};

use super::{Server, Site};

/// Looks into the tables of effects, in each database's own way.
pub trait Outbox: Server {
    /// Whether the place of a test has the tables from the beginning.
    const MIGRATED: bool;

    /// Whether a claim is more than one statement.
    const LOCKS_FIRST: bool;

    /// Whether there is one writer at a time.
    const ONE_FILE: bool;

    /// A database that other processes can reach, by a URL.
    fn url(folder: &Path) -> impl Future<Output = String> + Send;

    /// A statement that writes so many effects for a receiver.
    fn many_effects(receiver: &str, payload: &str, count: i64) -> String {
        let columns =
            "id, receiver, version, payload, created_at, fence, failures, starts, rescues";
        let numbers = format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
        );
        let select = format!(
            "SELECT {}, '{receiver}', 1, '{payload}', 0, 0, 0, 0, 0 FROM numbers",
            Self::RANDOM_ID
        );
        Self::from_numbers(
            &format!("INSERT INTO aftercommit_effects ({columns})"),
            &numbers,
            &select,
        )
    }

    /// A random id, in SQL.
    const RANDOM_ID: &str;

    /// An INSERT from a recursive query.
    fn from_numbers(insert: &str, numbers: &str, select: &str) -> String {
        format!("{numbers} {insert} {select}")
    }

    /// An id as a literal.
    fn id(uuid: &str) -> String {
        format!("X'{}'", uuid.replace('-', ""))
    }

    /// The name of the schema that the tables of a test are in.
    fn schema(pool: &Pool<Self>) -> impl Future<Output = String> + Send;

    fn payloads(pool: &Pool<Self>, sql: String) -> impl Future<Output = Vec<String>> + Send;
    fn number(pool: &Pool<Self>, sql: String) -> impl Future<Output = i64> + Send;
    fn execute(pool: &Pool<Self>, sql: String) -> impl Future<Output = u64> + Send;
}

macro_rules! looks_into {
    ($database:ty, migrated: $migrated:literal, one_file: $one_file:literal, random_id: $random:literal, schema: $schema:literal, $url:item $(, $more:item)*) => {
        impl Outbox for $database {
            const MIGRATED: bool = $migrated;
            const ONE_FILE: bool = $one_file;
            // The only one without RETURNING.
            const LOCKS_FIRST: bool = $migrated;

            $url

            $($more)*

            const RANDOM_ID: &str = $random;

            async fn schema(pool: &Pool<Self>) -> String {
                let row = sqlx::query($schema).fetch_one(pool).await;
                row.expect("a row").get(0)
            }

            async fn payloads(pool: &Pool<Self>, sql: String) -> Vec<String> {
                let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
                    .fetch_all(pool)
                    .await
                    .expect("rows");
                rows.iter().map(|row| row.get(0)).collect()
            }

            async fn number(pool: &Pool<Self>, sql: String) -> i64 {
                let row = sqlx::query(sqlx::AssertSqlSafe(sql))
                    .fetch_one(pool)
                    .await
                    .expect("a row");
                row.get(0)
            }

            async fn execute(pool: &Pool<Self>, sql: String) -> u64 {
                let done = sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await;
                done.expect("runs").rows_affected()
            }
        }
    };
}

looks_into!(
    Sqlite,
    migrated: false,
    one_file: true,
    random_id: "randomblob(16)",
    schema: "SELECT 'main'",
    async fn url(folder: &Path) -> String {
        format!("sqlite://{}?mode=rwc", folder.join("storm.db").display())
    }
);
looks_into!(
    MySql,
    migrated: true,
    one_file: false,
    random_id: "UNHEX(REPLACE(UUID(), '-', ''))",
    schema: "SELECT DATABASE()",
    async fn url(_folder: &Path) -> String {
        new_database::<MySql>("AFTERCOMMIT_TEST_MYSQL").await
    },
    fn from_numbers(insert: &str, numbers: &str, select: &str) -> String {
        format!("SET STATEMENT max_recursive_iterations = 1000000 FOR {insert} {numbers} {select}")
    }
);
looks_into!(
    Postgres,
    migrated: false,
    one_file: false,
    random_id: "gen_random_uuid()",
    schema: "SELECT CURRENT_SCHEMA()::text",
    async fn url(_folder: &Path) -> String {
        new_database::<Postgres>("AFTERCOMMIT_TEST_POSTGRES").await
    },
    fn id(uuid: &str) -> String {
        format!("'{uuid}'")
    }
);

/// The URL of a new database on the server of this variable.
async fn new_database<DB: Outbox>(variable: &str) -> String {
    let server = super::servers::variable(variable);
    let name = super::servers::unique();
    let pool = sqlx::pool::PoolOptions::<DB>::new().max_connections(1);
    let pool = pool.connect(&server).await.expect("a server");
    DB::execute(&pool, format!("CREATE DATABASE {name}")).await;
    let (before, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{before}/{name}")
}

impl<DB: Outbox> Site<DB> {
    /// The payloads of a table of effects, in the order of their ids.
    pub async fn effects(&self, table: &str) -> Vec<String> {
        self.payloads(&format!("aftercommit_{table}")).await
    }

    pub async fn payloads(&self, table: &str) -> Vec<String> {
        DB::payloads(
            &self.others,
            format!("SELECT payload FROM {table} ORDER BY id"),
        )
        .await
    }

    pub async fn count(&self, table: &str) -> i64 {
        DB::number(
            &self.others,
            format!("SELECT COUNT(*) FROM aftercommit_{table}"),
        )
        .await
    }

    pub async fn run(&self, sql: &str) -> u64 {
        DB::execute(&self.others, sql.to_owned()).await
    }

    /// Another handle on the same database, as another process would have.
    pub async fn elsewhere(&self) -> Db<DB> {
        let pool = sqlx::pool::PoolOptions::new()
            .max_connections(5)
            .connect_with(self.options.clone());
        super::site::handle(pool.await.expect("a pool"))
    }

    /// Waits until a table has so many rows.
    pub async fn until(&self, table: &str, rows: i64) {
        // A table tells nobody that it has changed.
        patient(
            async || self.count(table).await == rows,
            || format!("{rows} rows in {table}"),
        )
        .await;
    }
}

/// Asks again and again until it is so; a minute is more than any test takes.
pub async fn patient(mut so: impl AsyncFnMut() -> bool, what: impl Fn() -> String) {
    for _ in 0..6_000 {
        if so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited in vain for {}", what());
}

/// What a receiver was delivered.
#[derive(Clone, Debug, Default)]
pub struct Sink(Arc<tokio::sync::watch::Sender<Vec<String>>>);

impl Sink {
    pub fn put(&self, what: impl Into<String>) {
        self.0.send_modify(|all| all.push(what.into()));
    }

    pub fn all(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    /// Waits until it has so many.
    pub async fn until(&self, count: usize) -> Vec<String> {
        let mut watching = self.0.subscribe();
        let waited = tokio::time::timeout(
            Duration::from_secs(60),
            watching.wait_for(|all| all.len() >= count),
        );
        match waited.await {
            Ok(all) => all.expect("the sink lives").clone(),
            Err(_) => panic!("waited in vain for {count} deliveries: {:?}", self.all()),
        }
    }
}
