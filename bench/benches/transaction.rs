//! `atomic` with one insert against the same by plain sqlx, on each database, in one run.
//!
//! The two sides take turns, round by round, on the same pool and table, so that what else the machine does
//! meets both. Printed is the ratio of throughputs, median and range over the rounds; the goal is 0.97.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::Instant;

use aftercommit::{Db, Options};
use aftercommit_harness::{MariaDb, Postgres as PostgresServer};
use sqlx::pool::PoolOptions;
use sqlx::{MySql, Postgres, Sqlite};

const ROUNDS: usize = 15;
const CLIENTS: usize = 4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = aftercommit_bench::runtime();
    println!(
        "{:<22} {:>12} {:>12} {:>8} {:>16}",
        "", "sqlx/s", "atomic/s", "ratio", "of the rounds"
    );

    let directory = tempfile::tempdir()?;
    let sqlite = format!(
        "sqlite://{}?mode=rwc",
        directory.path().join("bench.db").display()
    );
    runtime.block_on(async {
        // One client: SQLite has one writer, and waiting for its lock is not what is measured.
        let db: Db<Sqlite> = Db::connect(&sqlite).await?;
        sqlite::compare("SQLite (WAL, a file)", db, Options::new(), 1, 300).await
    })?;

    let postgres = PostgresServer::start()?;
    runtime.block_on(async {
        let pool = PoolOptions::new()
            .max_connections(8)
            .connect(&postgres.url("postgres"))
            .await?;
        let db = Db::<Postgres>::new(pool);
        postgres::compare("PostgreSQL", db.clone(), Options::new(), CLIENTS, 200).await?;
        postgres::compare(
            "  without lookup",
            db.clone(),
            Options::new().without_lookup(),
            CLIENTS,
            200,
        )
        .await?;
        postgres::compare("PostgreSQL, 1 client", db.clone(), Options::new(), 1, 200).await?;
        postgres::compare(
            "  without lookup",
            db,
            Options::new().without_lookup(),
            1,
            200,
        )
        .await
    })?;

    let mariadb = MariaDb::start()?;
    runtime.block_on(async {
        let pool = PoolOptions::new()
            .max_connections(8)
            .connect(&mariadb.url("test"))
            .await?;
        let db = Db::<MySql>::new(pool);
        db.migrate().await?;
        mysql::compare("MariaDB", db.clone(), Options::new(), CLIENTS, 200).await?;
        mysql::compare(
            "  without lookup",
            db.clone(),
            Options::new().without_lookup(),
            CLIENTS,
            200,
        )
        .await?;
        mysql::compare("MariaDB, 1 client", db.clone(), Options::new(), 1, 200).await?;
        mysql::compare(
            "  without lookup",
            db,
            Options::new().without_lookup(),
            1,
            200,
        )
        .await
    })
}

/// Transactions per second of so many clients, each of whom makes so many.
async fn run<Fut: Future<Output = ()> + Send + 'static>(
    clients: usize,
    each: usize,
    transaction: impl Fn() -> Fut + Clone + Send + 'static,
) -> f64 {
    let began = Instant::now();
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let transaction = transaction.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    transaction().await;
                }
            })
        })
        .collect();
    let total = clients.len() * each;
    for client in clients {
        client.await.expect("a client");
    }
    total as f64 / began.elapsed().as_secs_f64()
}

fn print(name: &str, mut ratios: Vec<f64>, mut plain: Vec<f64>, mut atomic: Vec<f64>) {
    for list in [&mut ratios, &mut plain, &mut atomic] {
        list.sort_by(f64::total_cmp);
    }
    let middle = ROUNDS / 2;
    println!(
        "{name:<22} {:>12.0} {:>12.0} {:>8.3} {:>7.3} – {:.3}",
        plain[middle],
        atomic[middle],
        ratios[middle],
        ratios[0],
        ratios[ROUNDS - 1]
    );
}

/// The two sides on one database: the same two statements, begun and ended by each in its way.
macro_rules! on {
    ($name:ident, $DB:ty, create: $create:literal, insert: $insert:literal) => {
        mod $name {
            use super::*;

            pub(super) async fn compare(
                name: &str,
                db: Db<$DB>,
                options: Options,
                clients: usize,
                each: usize,
            ) -> Result<(), Box<dyn std::error::Error>> {
                sqlx::query($create).execute(db.pool()).await?;
                let (mut ratios, mut plain_rates, mut atomic_rates) =
                    (Vec::new(), Vec::new(), Vec::new());
                let pool = db.pool().clone();
                let plain = move || {
                    let pool = pool.clone();
                    async move {
                        let mut tx = pool.begin().await.expect("begun");
                        sqlx::query($insert)
                            .bind(7_i64)
                            .execute(&mut *tx)
                            .await
                            .expect("inserted");
                        tx.commit().await.expect("committed");
                    }
                };
                let atomic = move || {
                    let (db, options) = (db.clone(), options.clone());
                    async move {
                        let block = db.with(options).atomic(async |tx| {
                            sqlx::query($insert).bind(7_i64).execute(&mut *tx).await?;
                            aftercommit::Ok(())
                        });
                        block.await.expect("committed");
                    }
                };
                // The first round warms up; then they take turns at going first.
                for round in 0..=ROUNDS {
                    let (plain_rate, atomic_rate);
                    if round % 2 == 0 {
                        plain_rate = run(clients, each, plain.clone()).await;
                        atomic_rate = run(clients, each, atomic.clone()).await;
                    } else {
                        atomic_rate = run(clients, each, atomic.clone()).await;
                        plain_rate = run(clients, each, plain.clone()).await;
                    }
                    if round > 0 {
                        ratios.push(atomic_rate / plain_rate);
                        plain_rates.push(plain_rate);
                        atomic_rates.push(atomic_rate);
                    }
                }
                print(name, ratios, plain_rates, atomic_rates);
                Ok(())
            }
        }
    };
}

on!(sqlite, Sqlite,
    create: "CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, val BIGINT)",
    insert: "INSERT INTO item (val) VALUES (?)");
on!(postgres, Postgres,
    create: "CREATE TABLE IF NOT EXISTS item (id BIGSERIAL PRIMARY KEY, val BIGINT)",
    insert: "INSERT INTO item (val) VALUES ($1)");
on!(mysql, MySql,
    create: "CREATE TABLE IF NOT EXISTS item (id BIGINT AUTO_INCREMENT PRIMARY KEY, val BIGINT)",
    insert: "INSERT INTO item (val) VALUES (?)");
