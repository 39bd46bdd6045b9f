//! Rows with signals.

mod one_row;
mod many_rows;
mod columns;
mod ids;
mod receivers;
mod failures;
mod dropped_rows;
mod locks;
mod statements;
mod derived;
mod rolled_back;

use std::sync::{Arc, Mutex};

use aftercommit::signal::with_state;
use aftercommit::{
    Deleted, DeletedMany, Deleting, Model, Ok, Result, Saved, SavedMany, Saving, Signals,
};
use futures_core::future::BoxFuture;
use sqlx::types::Json;
use uuid::Uuid;

use crate::support::{Server, Site};

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "person", keep_old)]
struct Person {
    #[model(id)]
    id: i64,
    name: String,
    #[model(column = "order")]
    rank: Option<i32>,
    #[model(skip)]
    greeting: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "note")]
struct Note {
    #[model(id, given)]
    id: Uuid,
    body: Json<Body>,
    tag: Option<String>,
    data: Vec<u8>,
    weight: f64,
    done: bool,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Body {
    words: Vec<String>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "stamped")]
struct Stamped {
    #[model(id)]
    id: i64,
    a: i64,
    #[model(generated)]
    twice: i64,
    #[model(created_at)]
    created: sqlx::types::chrono::NaiveDateTime,
    #[model(updated_at)]
    updated: sqlx::types::chrono::NaiveDateTime,
}

/// A time that is finer than its column, on two of the databases.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "timed", keep_old)]
struct Timed {
    #[model(id)]
    id: i64,
    due: sqlx::types::chrono::NaiveDateTime,
    price: f32,
}

/// What `Person` is not.
#[derive(Model, Clone, Debug)]
#[model(table = "person")]
struct Misread {
    #[model(id)]
    id: i64,
    name: i64,
}

#[derive(Model, Clone, Debug)]
#[model(table = "bare")]
struct Bare {
    #[model(id)]
    id: i32,
}

/// The tables in each database's own words.
trait Tables: Server {
    const TABLES: &'static [&'static str];
    /// A table whose ids are given.
    const ENTRY: &'static str;

    fn count_entries(pool: &sqlx::Pool<Self>) -> BoxFuture<'_, i64>;
}

macro_rules! entries {
    ($table:literal) => {
        const ENTRY: &'static str = $table;

        fn count_entries(pool: &sqlx::Pool<Self>) -> BoxFuture<'_, i64> {
            let count = sqlx::query_scalar("SELECT COUNT(*) FROM entry").fetch_one(pool);
            Box::pin(async { count.await.expect("a count") })
        }
    };
}

impl Tables for sqlx::Sqlite {
    const TABLES: &'static [&'static str] = &[
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, \"order\" INTEGER)",
        "CREATE TABLE note (id BLOB PRIMARY KEY, body TEXT NOT NULL, tag TEXT, data BLOB NOT NULL, weight REAL NOT NULL,
            done BOOLEAN NOT NULL)",
        "CREATE TABLE stamped (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, twice INTEGER GENERATED ALWAYS AS (a * 2) STORED,
            created TEXT NOT NULL, updated TEXT NOT NULL)",
        "CREATE TABLE bare (id INTEGER PRIMARY KEY)",
        "CREATE TABLE timed (id INTEGER PRIMARY KEY, due TEXT NOT NULL, price REAL NOT NULL)",
    ];

    entries!("CREATE TABLE entry (id BLOB PRIMARY KEY, name TEXT NOT NULL)");
}

impl Tables for sqlx::Postgres {
    const TABLES: &'static [&'static str] = &[
        "CREATE TABLE person (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL UNIQUE, \"order\" INTEGER)",
        "CREATE TABLE note (id UUID PRIMARY KEY, body JSONB NOT NULL, tag TEXT, data BYTEA NOT NULL,
            weight DOUBLE PRECISION NOT NULL, done BOOLEAN NOT NULL)",
        "CREATE TABLE stamped (id BIGSERIAL PRIMARY KEY, a BIGINT NOT NULL, twice BIGINT GENERATED ALWAYS AS (a * 2) STORED,
            created TIMESTAMP NOT NULL, updated TIMESTAMP NOT NULL)",
        "CREATE TABLE bare (id SERIAL PRIMARY KEY)",
        "CREATE TABLE timed (id BIGSERIAL PRIMARY KEY, due TIMESTAMP NOT NULL, price REAL NOT NULL)",
    ];

    entries!("CREATE TABLE entry (id UUID PRIMARY KEY, name TEXT NOT NULL)");
}

impl Tables for sqlx::MySql {
    const TABLES: &'static [&'static str] = &[
        "CREATE TABLE person (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(200) NOT NULL UNIQUE, `order` INTEGER)",
        "CREATE TABLE note (id BINARY(16) PRIMARY KEY, body JSON NOT NULL, tag TEXT, data BLOB NOT NULL,
            weight DOUBLE NOT NULL, done BOOLEAN NOT NULL)",
        "CREATE TABLE stamped (id BIGINT AUTO_INCREMENT PRIMARY KEY, a BIGINT NOT NULL,
            twice BIGINT GENERATED ALWAYS AS (a * 2) STORED, created DATETIME(6) NOT NULL, updated DATETIME(6) NOT NULL)",
        "CREATE TABLE bare (id INTEGER AUTO_INCREMENT PRIMARY KEY)",
        "CREATE TABLE timed (id BIGINT AUTO_INCREMENT PRIMARY KEY, due DATETIME NOT NULL, price FLOAT NOT NULL)",
    ];

    entries!("CREATE TABLE entry (id BINARY(16) PRIMARY KEY, name VARCHAR(100) NOT NULL)");
}

async fn open<DB: Tables>() -> Site<DB> {
    let site = Site::<DB>::open().await;
    let mut conn = site.others.acquire().await.expect("a connection");
    for sql in DB::TABLES {
        DB::run(&mut conn, sql).await;
    }
    drop(conn);
    site
}

fn ada() -> Person {
    Person {
        id: 0,
        name: "Ada".into(),
        rank: None,
        greeting: "hello".into(),
    }
}

/// What receivers heard, in words.
type Log = Arc<Mutex<Vec<String>>>;

fn log(log: &Log, line: String) {
    log.lock().expect("not poisoned").push(line);
}

fn take(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().expect("not poisoned"))
}

async fn saving(to: &Log, signal: &Saving<Person>) -> Result<()> {
    log(
        to,
        format!("saving {} {:?}", signal.instance.name, signal.only),
    );
    Ok(())
}

async fn saved(to: &Log, signal: &Saved<Person>) -> Result<()> {
    let old = signal.old.as_ref().map(|old| old.name.as_str());
    log(
        to,
        format!(
            "saved {} {} created {} old {old:?} changed {:?}",
            signal.instance.id, signal.instance.name, signal.created, signal.changed
        ),
    );
    Ok(())
}

async fn deleting(to: &Log, signal: &Deleting<Person>) -> Result<()> {
    log(to, format!("deleting {}", signal.instance.id));
    Ok(())
}

async fn deleted(to: &Log, signal: &Deleted<Person>) -> Result<()> {
    log(
        to,
        format!("deleted {} found {}", signal.instance.id, signal.found),
    );
    Ok(())
}

async fn saved_many(to: &Log, signal: &SavedMany<Person>) -> Result<()> {
    let ids: Vec<i64> = signal.instances.iter().map(|person| person.id).collect();
    log(
        to,
        format!("saved many {ids:?} created {:?}", signal.created),
    );
    Ok(())
}

async fn deleted_many(to: &Log, signal: &DeletedMany<Person>) -> Result<()> {
    log(
        to,
        format!("deleted many {:?} found {}", signal.ids, signal.found),
    );
    Ok(())
}

fn listening<DB: Server>(to: &Log) -> Signals<DB> {
    Signals::new()
        .during("saving", with_state(Arc::clone(to), saving))
        .during("saved", with_state(Arc::clone(to), saved))
        .during("deleting", with_state(Arc::clone(to), deleting))
        .during("deleted", with_state(Arc::clone(to), deleted))
        .during("saved many", with_state(Arc::clone(to), saved_many))
        .during("deleted many", with_state(Arc::clone(to), deleted_many))
}
