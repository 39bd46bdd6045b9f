//! What a block costs: `atomic` against plain sqlx, by what the block does, on each database.
//!
//! Both sides take turns on one pool and one table until the 95 % interval of the median ratio is under 0.04 wide. On SQLite
//! plain sqlx begins as `atomic` does, with BEGIN IMMEDIATE. `cargo bench -p aftercommit-bench --bench transaction -- NAME`
//! runs the lines whose names contain NAME.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::Duration;

use aftercommit::{Db, Options};
use aftercommit_bench::interleaved::{compare, throughput};
use aftercommit_harness::{MariaDb, Postgres as PostgresServer};
use sqlx::pool::PoolOptions;
use sqlx::{MySql, Postgres, Sqlite};

const ROUND: Duration = Duration::from_millis(60);
const CLIENTS: [usize; 3] = [1, 4, 16];

/// What a block does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Read,
    Insert,
    InsertWithoutLookup,
    ReadThenInsert,
}

impl Work {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Read, "one read"),
        (Self::Insert, "one insert"),
        (Self::InsertWithoutLookup, "one insert, without_lookup"),
        (Self::ReadThenInsert, "a read, then an insert"),
    ];

    fn reads(self) -> bool {
        matches!(self, Self::Read | Self::ReadThenInsert)
    }

    fn options(self) -> Options {
        match self {
            Self::InsertWithoutLookup => Options::new().without_lookup(),
            _ => Options::new(),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted: Option<String> = std::env::args()
        .skip(1)
        .find(|word| !word.starts_with("--"));
    let wanted = wanted.unwrap_or_default();
    let runtime = aftercommit_bench::runtime();
    println!("| database | block | clients | ratio | 95 % interval | rounds | sqlx/s | µs more |");
    println!("| --- | --- | ---: | ---: | --- | ---: | ---: | ---: |");

    let directory = tempfile::tempdir()?;
    let sqlite = format!(
        "sqlite://{}?mode=rwc",
        directory.path().join("bench.db").display()
    );
    runtime.block_on(async {
        let db: Db<Sqlite> = Db::connect(&sqlite).await?;
        sqlite::all("SQLite", &wanted, &db).await
    })?;

    let postgres = PostgresServer::start()?;
    runtime.block_on(async {
        let pool = PoolOptions::new().max_connections(16);
        let pool = pool.connect(&postgres.url("postgres")).await?;
        postgres::all("PostgreSQL", &wanted, &Db::<Postgres>::new(pool)).await
    })?;

    let mariadb = MariaDb::start()?;
    runtime.block_on(async {
        let pool = PoolOptions::new().max_connections(16);
        let db = Db::<MySql>::new(pool.connect(&mariadb.url("test")).await?);
        db.migrate().await?;
        mysql::all("MariaDB", &wanted, &db).await
    })
}

/// The two sides on one database: the same statements, begun and ended by each in its way.
macro_rules! on {
    ($name:ident, $DB:ty, begin: $begin:expr, create: $create:literal, insert: $insert:literal, read: $read:literal) => {
        mod $name {
            use super::*;

            pub(super) async fn all(
                database: &str,
                wanted: &str,
                db: &Db<$DB>,
            ) -> Result<(), Box<dyn std::error::Error>> {
                sqlx::query($create).execute(db.pool()).await?;
                sqlx::query($insert).bind(7_i64).execute(db.pool()).await?;
                for (work, name) in Work::ALL {
                    for clients in CLIENTS {
                        let line = format!("{database} {name} {clients}");
                        if line.contains(wanted) {
                            one(database, name, work, clients, db).await;
                        }
                    }
                }
                Ok(())
            }

            async fn one(database: &str, name: &str, work: Work, clients: usize, db: &Db<$DB>) {
                let pool = db.pool().clone();
                let plain = move || {
                    let pool = pool.clone();
                    async move {
                        let begin: Option<&'static str> = $begin;
                        let mut tx = match begin {
                            Some(begin) => pool.begin_with(begin).await.expect("begun"),
                            None => pool.begin().await.expect("begun"),
                        };
                        if work.reads() {
                            let query = sqlx::query_scalar::<_, i64>($read).bind(1_i64);
                            query.fetch_one(&mut *tx).await.expect("read");
                        }
                        if work != Work::Read {
                            let query = sqlx::query($insert).bind(7_i64);
                            query.execute(&mut *tx).await.expect("inserted");
                        }
                        tx.commit().await.expect("committed");
                    }
                };
                let db = db.clone();
                let atomic = move || {
                    let db = db.clone();
                    async move {
                        let block = db.with(work.options()).atomic(async |tx| {
                            if work.reads() {
                                let query = sqlx::query_scalar::<_, i64>($read).bind(1_i64);
                                query.fetch_one(&mut *tx).await?;
                            }
                            if work != Work::Read {
                                let query = sqlx::query($insert).bind(7_i64);
                                query.execute(&mut *tx).await?;
                            }
                            aftercommit::Ok(())
                        });
                        block.await.expect("committed");
                    }
                };
                let ratio = compare(
                    || throughput(clients, ROUND, atomic.clone()),
                    || throughput(clients, ROUND, plain.clone()),
                )
                .await;
                // What a client waits longer for a block than for the same by plain sqlx.
                let more = 1e6 * clients as f64 / ratio.theirs * (1.0 / ratio.median - 1.0);
                println!(
                    "| {database} | {name} | {clients} | {:.3} | {:.3} – {:.3} | {} | {:.0} | {more:.1} |",
                    ratio.median, ratio.low, ratio.high, ratio.rounds, ratio.theirs
                );
            }
        }
    };
}

on!(sqlite, Sqlite, begin: Some("BEGIN IMMEDIATE"),
    create: "CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, val BIGINT)",
    insert: "INSERT INTO item (val) VALUES (?)",
    read: "SELECT val FROM item WHERE id = ?");
on!(postgres, Postgres, begin: None,
    create: "CREATE TABLE IF NOT EXISTS item (id BIGSERIAL PRIMARY KEY, val BIGINT)",
    insert: "INSERT INTO item (val) VALUES ($1)",
    read: "SELECT val FROM item WHERE id = $1");
on!(mysql, MySql, begin: None,
    create: "CREATE TABLE IF NOT EXISTS item (id BIGINT AUTO_INCREMENT PRIMARY KEY, val BIGINT)",
    insert: "INSERT INTO item (val) VALUES (?)",
    read: "SELECT val FROM item WHERE id = ?");
