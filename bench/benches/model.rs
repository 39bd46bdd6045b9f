//! `save` and `save_many` against the same SQL by plain sqlx, on each database, in one run.
//!
//! One row: inside a transaction, with one `during` receiver that does nothing; goal 0.95. Many: 10,000 rows against
//! sqlx's own multi-row insert in chunks of the same size, which reads the ids back as well; goal 0.9. The sides take
//! turns, round by round, on a table that is emptied in between. SQLite is in memory, because waiting for the disk is
//! not what is measured.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::Instant;

use aftercommit::{Db, Model, Saved, Signals, Tx};
use aftercommit_harness::{MariaDb, Postgres as PostgresServer};
use sqlx::pool::PoolOptions;
use sqlx::{MySql, Postgres, QueryBuilder, Sqlite};

const ROUNDS: usize = 15;
/// Saves in one transaction.
const SAVES: usize = 1_000;
const ROWS: usize = 10_000;

#[derive(Model, Clone)]
#[model(table = "person")]
struct Person {
    #[model(id)]
    id: i64,
    name: String,
    age: i64,
}

fn person(n: usize) -> Person {
    Person {
        id: 0,
        name: format!("person {n}"),
        age: 30,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = aftercommit_bench::runtime();
    println!(
        "{:<26} {:>12} {:>12} {:>8} {:>16}",
        "", "sqlx/s", "model/s", "ratio", "of the rounds"
    );
    runtime.block_on(async {
        sqlite::compare("SQLite", Db::connect("sqlite::memory:").await?).await
    })?;
    let server = PostgresServer::start()?;
    runtime.block_on(async {
        let pool = PoolOptions::new()
            .max_connections(2)
            .connect(&server.url("postgres"))
            .await?;
        postgres::compare("PostgreSQL", Db::new(pool)).await
    })?;
    let server = MariaDb::start()?;
    runtime.block_on(async {
        let pool = PoolOptions::new()
            .max_connections(2)
            .connect(&server.url("test"))
            .await?;
        mysql::compare("MariaDB", Db::new(pool)).await
    })
}

/// Rounds of both sides in turn: rates of each, and their ratios.
async fn rounds(
    name: &str,
    rows: usize,
    empty: impl AsyncFn(),
    mut plain: impl AsyncFnMut(),
    mut model: impl AsyncFnMut(),
) {
    let (mut ratios, mut plain_rates, mut model_rates) = (Vec::new(), Vec::new(), Vec::new());
    // The first round warms up; then they take turns at going first.
    for round in 0..=ROUNDS {
        let (plain_rate, model_rate);
        if round % 2 == 0 {
            plain_rate = rate(rows, &empty, &mut plain).await;
            model_rate = rate(rows, &empty, &mut model).await;
        } else {
            model_rate = rate(rows, &empty, &mut model).await;
            plain_rate = rate(rows, &empty, &mut plain).await;
        }
        if round > 0 {
            ratios.push(model_rate / plain_rate);
            plain_rates.push(plain_rate);
            model_rates.push(model_rate);
        }
    }
    for list in [&mut ratios, &mut plain_rates, &mut model_rates] {
        list.sort_by(f64::total_cmp);
    }
    let middle = ROUNDS / 2;
    println!(
        "{name:<26} {:>12.0} {:>12.0} {:>8.3} {:>7.3} – {:.3}",
        plain_rates[middle],
        model_rates[middle],
        ratios[middle],
        ratios[0],
        ratios[ROUNDS - 1]
    );
}

async fn rate(rows: usize, empty: &impl AsyncFn(), side: &mut impl AsyncFnMut()) -> f64 {
    empty().await;
    let began = Instant::now();
    side().await;
    rows as f64 / began.elapsed().as_secs_f64()
}

macro_rules! on {
    ($name:ident, $DB:ty, create: $create:literal, insert: $insert:literal, most: $most:literal, $one:expr, $many:expr) => {
        mod $name {
            use super::*;

            async fn hear(_tx: &mut Tx<$DB>, _saved: &Saved<Person>) -> aftercommit::Result<()> {
                aftercommit::Ok(())
            }

            pub(super) async fn compare(
                name: &str,
                db: Db<$DB>,
            ) -> Result<(), Box<dyn std::error::Error>> {
                sqlx::query($create).execute(db.pool()).await?;
                let db = db.with_signals(Signals::new().during("hear", hear));
                let pool = db.pool().clone();
                let empty = async || {
                    sqlx::query("DELETE FROM person")
                        .execute(&pool)
                        .await
                        .expect("emptied");
                };
                let plain = async || {
                    let mut tx = pool.begin().await.expect("begun");
                    for n in 0..SAVES {
                        let mut person = person(n);
                        let query = sqlx::query($insert).bind(&person.name).bind(person.age);
                        person.id = $one(query, &mut tx).await;
                    }
                    tx.commit().await.expect("committed");
                };
                let model = async || {
                    let mut tx = db.begin().await.expect("begun");
                    for n in 0..SAVES {
                        tx.save(&mut person(n)).await.expect("saved");
                    }
                    tx.commit().await.expect("committed");
                };
                rounds(&format!("{name}, save"), SAVES, empty, plain, model).await;

                let plain = async || {
                    let mut people: Vec<Person> = (0..ROWS).map(person).collect();
                    let mut tx = pool.begin().await.expect("begun");
                    for some in people.chunks_mut($most / 2) {
                        let mut insert =
                            QueryBuilder::<$DB>::new("INSERT INTO person (name, age) ");
                        insert.push_values(some.iter(), |mut row, person| {
                            row.push_bind(person.name.clone()).push_bind(person.age);
                        });
                        $many(insert, some, &mut tx).await;
                    }
                    tx.commit().await.expect("committed");
                };
                let model = async || {
                    let mut people: Vec<Person> = (0..ROWS).map(person).collect();
                    db.save_many(&mut people).await.expect("saved");
                };
                rounds(&format!("{name}, save_many"), ROWS, empty, plain, model).await;
                Ok(())
            }
        }
    };
}

type Plain<DB> = sqlx::query::Query<'static, DB, <DB as sqlx::Database>::Arguments>;

macro_rules! returning {
    ($DB:ty) => {
        async |mut insert: QueryBuilder<$DB>,
               some: &mut [Person],
               tx: &mut sqlx::Transaction<'_, $DB>| {
            insert.push(" RETURNING id");
            let ids = insert.build().fetch_all(&mut **tx).await.expect("inserted");
            for (person, row) in some.iter_mut().zip(&ids) {
                person.id = sqlx::Row::get(row, 0);
            }
        }
    };
}

on!(sqlite, Sqlite,
    create: "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER NOT NULL)",
    insert: "INSERT INTO person (name, age) VALUES (?, ?) RETURNING id", most: 32_766,
    async |query: Plain<Sqlite>, tx: &mut sqlx::Transaction<'_, Sqlite>| -> i64 {
        sqlx::Row::get(&query.fetch_one(&mut **tx).await.expect("inserted"), 0)
    },
    returning!(Sqlite));
on!(postgres, Postgres,
    create: "CREATE TABLE person (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, age BIGINT NOT NULL)",
    insert: "INSERT INTO person (name, age) VALUES ($1, $2) RETURNING id", most: 65_535,
    async |query: Plain<Postgres>, tx: &mut sqlx::Transaction<'_, Postgres>| -> i64 {
        sqlx::Row::get(&query.fetch_one(&mut **tx).await.expect("inserted"), 0)
    },
    returning!(Postgres));
on!(mysql, MySql,
create: "CREATE TABLE person (id BIGINT AUTO_INCREMENT PRIMARY KEY, name TEXT NOT NULL, age BIGINT NOT NULL)",
insert: "INSERT INTO person (name, age) VALUES (?, ?)", most: 65_535,
async |query: Plain<MySql>, tx: &mut sqlx::Transaction<'_, MySql>| -> i64 {
    let done = query.execute(&mut **tx).await.expect("inserted");
    done.last_insert_id().try_into().expect("an id")
},
async |mut insert: QueryBuilder<MySql>, some: &mut [Person], tx: &mut sqlx::Transaction<'_, MySql>| {
    let done = insert.build().execute(&mut **tx).await.expect("inserted");
    for (person, id) in some.iter_mut().zip(done.last_insert_id()..) {
        person.id = id.try_into().expect("an id");
    }
});
