//! The statements of many rows: how many stay prepared, how long they are, and who compares ids.

use aftercommit::model::Stored;
use aftercommit::{Model, Ok, SavedMany, Signals, signal::with_state};
use sqlx::{MySql, Postgres, Sqlite};

use super::{Log, Person, ada, log, open, take};

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "code")]
struct Code {
    #[model(id, given)]
    id: String,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "file")]
struct File {
    #[model(id)]
    id: i64,
    data: Vec<u8>,
}

fn codes<const N: usize>(rows: [(&str, &str); N]) -> [Code; N] {
    rows.map(|(id, name)| Code {
        id: id.into(),
        name: name.into(),
    })
}

async fn saved_many(to: &Log, signal: &SavedMany<Code>) -> aftercommit::Result<()> {
    log(to, format!("{:?}", signal.created));
    Ok(())
}

/// The database finds `ada` there, though no program that compares strings would.
async fn ids_are_compared_by_the_database<DB: super::Tables>(table: &'static str, found: &str)
where
    Code: Stored<DB>,
{
    let heard = Log::default();
    let signals = Signals::new().during("saved many", with_state(heard.clone(), saved_many));
    let site = open::<DB>().await.with_signals(signals);
    let mut conn = site.others.acquire().await.expect("a connection");
    DB::run(&mut conn, table).await;
    drop(conn);
    let [mut first] = codes([("ada", "first")]);
    site.db.save(&mut first).await.expect("inserted");
    let mut many = codes([(found, "second"), ("bob", "new"), ("cleo", "new")]);
    site.db.save_many(&mut many).await.expect("one is updated");
    let mut twice = codes([("dan", "first"), ("dan", "second")]);
    twice[1].id = found.replace("ada", "dan").replace("ADA", "DAN");
    site.db
        .save_many(&mut twice)
        .await
        .expect("the second is updated");
    assert_eq!(take(&heard), ["[false, true, true]", "[true, false]"]);
    for (id, name) in [("ada", "second"), ("bob", "new"), ("dan", "second")] {
        let read = site.db.get::<Code>(&id.to_owned()).await.expect("there");
        assert_eq!(read.name, name);
    }
}

#[tokio::test]
async fn a_collation_decides_whether_a_row_is_there_only_on_sqlite() {
    let table = "CREATE TABLE code (id TEXT PRIMARY KEY COLLATE NOCASE, name TEXT NOT NULL)";
    ids_are_compared_by_the_database::<Sqlite>(table, "ADA").await;
}

#[tokio::test]
async fn padding_decides_whether_a_row_is_there_only_on_postgres() {
    let table = "CREATE TABLE code (id CHAR(8) PRIMARY KEY, name TEXT NOT NULL)";
    ids_are_compared_by_the_database::<Postgres>(table, "ada").await;
}

#[tokio::test]
async fn a_collation_decides_whether_a_row_is_there_only_on_mysql() {
    let table = "CREATE TABLE code (id VARCHAR(8) COLLATE utf8mb4_general_ci PRIMARY KEY, name TEXT NOT NULL)
        DEFAULT CHARACTER SET utf8mb4";
    ids_are_compared_by_the_database::<MySql>(table, "ADA").await;
}

/// Saves of every length up to 300, and the answer of a query on the same connection.
async fn after_many_lengths<DB: super::Tables>(
    count: impl AsyncFn(&mut DB::Connection) -> i64,
) -> i64
where
    Person: Stored<DB>,
{
    let mut site = open::<DB>().await;
    let pool = sqlx::pool::PoolOptions::new().max_connections(1);
    site.replace_pool(
        pool.connect_with(site.options.clone())
            .await
            .expect("a pool"),
    );
    for rows in 1..300 {
        let person = |n| Person {
            name: format!("{rows}/{n}"),
            ..ada()
        };
        let mut people: Vec<Person> = (0..rows).map(person).collect();
        site.db.save_many(&mut people).await.expect("saved");
    }
    count(&mut *site.db.pool().acquire().await.expect("the connection")).await
}

#[tokio::test]
async fn few_statements_stay_prepared_only_on_postgres() {
    let prepared = after_many_lengths::<Postgres>(async |conn| {
        sqlx::query_scalar("SELECT COUNT(*) FROM pg_prepared_statements")
            .fetch_one(conn)
            .await
            .expect("a count")
    });
    assert!((2..20).contains(&prepared.await));
}

#[tokio::test]
async fn few_statements_stay_prepared_only_on_mysql() {
    let prepared = after_many_lengths::<MySql>(async |conn| {
        sqlx::query_scalar(
            "SELECT CAST(SUM(IF(variable_name = 'COM_STMT_CLOSE', -1, 1) * variable_value) AS SIGNED)
            FROM information_schema.session_status WHERE variable_name IN ('COM_STMT_PREPARE', 'COM_STMT_CLOSE')",
        )
        .fetch_one(conn)
        .await
        .expect("a count")
    });
    assert!((2..25).contains(&prepared.await));
}

#[tokio::test]
async fn statements_are_no_longer_than_the_server_reads_only_on_mysql() {
    let site = open::<MySql>().await;
    sqlx::raw_sql(
        "CREATE TABLE file (id BIGINT AUTO_INCREMENT PRIMARY KEY, data LONGBLOB NOT NULL)",
    )
    .execute(&site.others)
    .await
    .expect("made");
    let packet: i64 = sqlx::query_scalar("SELECT CAST(@@max_allowed_packet AS SIGNED)")
        .fetch_one(&site.others)
        .await
        .expect("a number");
    let file = |len: i64| File {
        id: 0,
        data: vec![b'x'; usize::try_from(len).expect("not negative")],
    };
    let mut files = Vec::from([packet / 3, 10, packet / 3, packet / 3, packet - 2_000].map(file));
    site.db
        .save_many(&mut files)
        .await
        .expect("in several statements");
    for file in &files {
        let read = site.db.get::<File>(&file.id).await.expect("there");
        assert_eq!(read.data.len(), file.data.len());
    }
    let mut long = file(packet);
    for result in [
        site.db.save(&mut long).await,
        site.db.save_many(&mut [file(1), long.clone()]).await,
    ] {
        let error = result.expect_err("no server would read it");
        assert_eq!(error.code(), Some("ROW_TOO_LONG"), "{error}");
        assert!(!error.is_retryable() && error.to_string().contains("max_allowed_packet"));
    }
    let mut written = files.swap_remove(0);
    written.data = long.data;
    let error = site.db.update(&mut written).await.expect_err("too long");
    assert_eq!(error.code(), Some("ROW_TOO_LONG"), "{error}");
}

/// A column changes its type while a service runs: each connection fails once, and not for as long as it is kept.
#[tokio::test]
async fn a_plan_that_no_longer_fits_fails_once_only_on_postgres() {
    let mut site = open::<Postgres>().await;
    let pool = sqlx::pool::PoolOptions::new().max_connections(1);
    site.replace_pool(
        pool.connect_with(site.options.clone())
            .await
            .expect("a pool"),
    );
    let mut person = ada();
    site.db.save(&mut person).await.expect("saved");
    site.db.get::<Person>(&person.id).await.expect("there");
    sqlx::raw_sql("ALTER TABLE person ALTER COLUMN name TYPE VARCHAR(50)")
        .execute(&site.others)
        .await
        .expect("altered");
    let stale = site.db.get::<Person>(&person.id).await.expect_err("stale");
    assert!(stale.as_database().is_some(), "{stale}");
    site.db.get::<Person>(&person.id).await.expect("there");
}
