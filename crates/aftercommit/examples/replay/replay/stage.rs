//! Two SQLite databases for programs to play on.

use std::error::Error as StdError;
use std::sync::Arc;

use aftercommit::{Db, Signals};
use serde_json::{Map, Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Pool, Sqlite};
use tempfile::TempDir;

use super::Bridges;
use super::interpreter::Interpreter;
use super::trace::Trace;

pub const DATABASES: [&str; 2] = ["default", "other"];
const TABLES: [(&str, &str); 3] = [("item", "val"), ("parent", "val"), ("child", "parent_id")];

/// See the [module](self). Programs are played one after another on the same files.
pub struct Stage {
    _files: TempDir,
    pools: [Pool<Sqlite>; 2],
}

impl Stage {
    pub async fn new() -> Result<Self, Box<dyn StdError>> {
        let files = tempfile::tempdir()?;
        let default = open(&files, "default").await?;
        let other = open(&files, "other").await?;
        Ok(Self {
            _files: files,
            pools: [default, other],
        })
    }

    /// Plays a program and returns what Django's side of the comparison returns for it.
    pub async fn play(
        &self,
        program: &Value,
        bridges: Bridges,
    ) -> Result<Value, Box<dyn StdError>> {
        self.clear().await?;
        let trace = Trace::default();
        let databases = [0, 1].map(|i| {
            let (name, heard) = (DATABASES[i], trace.clone());
            Db::new(self.pools[i].clone())
                .with_signals(Signals::new())
                .with_observer(move |event| heard.hear(name, event))
        });
        let mut interpreter =
            Interpreter::new(Arc::new(program.clone()), databases, trace.clone(), bridges);
        let error = interpreter.play().await.err().map(|fault| fault.0);
        let mut rows = Map::new();
        let mut state = Map::new();
        for (i, name) in DATABASES.into_iter().enumerate() {
            rows.insert(name.into(), self.rows(i).await?);
            // There is no other state that a handle could be in when no block is open.
            state.insert(
                name.into(),
                json!({"autocommit": true, "in_atomic": false, "pending": []}),
            );
        }
        Ok(json!({"trace": trace.take(), "error": error, "rows": rows, "state": state}))
    }

    async fn clear(&self) -> Result<(), sqlx::Error> {
        for pool in &self.pools {
            sqlx::raw_sql("DELETE FROM child; DELETE FROM parent; DELETE FROM item")
                .execute(pool)
                .await?;
        }
        Ok(())
    }

    async fn rows(&self, database: usize) -> Result<Value, sqlx::Error> {
        let mut tables = Map::new();
        for (table, column) in TABLES {
            let sql = sqlx::AssertSqlSafe(format!("SELECT id, {column} FROM {table} ORDER BY id"));
            let rows: Vec<(i64, Option<i64>)> =
                sqlx::query_as(sql).fetch_all(&self.pools[database]).await?;
            tables.insert(table.into(), json!(rows));
        }
        Ok(Value::Object(tables))
    }
}

async fn open(files: &TempDir, name: &str) -> Result<Pool<Sqlite>, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(files.path().join(name))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Off);
    let pool = SqlitePoolOptions::new()
        .max_connections(3)
        .connect_with(options)
        .await?;
    sqlx::raw_sql(
        "CREATE TABLE item (id INTEGER PRIMARY KEY, val INTEGER);
         CREATE TABLE parent (id INTEGER PRIMARY KEY, val INTEGER);
         CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL
             REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
    )
    .execute(&pool)
    .await?;
    Ok(pool)
}
