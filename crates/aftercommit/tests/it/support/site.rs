//! Where one test takes place.

use std::path::Path;

use aftercommit::{Db, Signals};
use sqlx::pool::PoolOptions;
use sqlx::{Connection, Pool};
use tempfile::TempDir;

use super::{Heard, POOLED, Server};

/// A directory that goes away with the test.
pub struct Files(TempDir);

impl Files {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A database of a test's own.
pub struct Site<DB: Server> {
    /// The handle under test. What it does is heard.
    pub db: Db<DB>,
    pub heard: Heard,
    /// Another pool on the same database, to see what others see.
    pub others: Pool<DB>,
    pub options: <DB::Connection as Connection>::Options,
    _files: Option<Files>,
}

impl<DB: Server> Site<DB> {
    pub async fn open() -> Self {
        Self::with_pool_of(5).await
    }

    /// The pool of the handle under test has so many connections.
    pub async fn with_pool_of(connections: u32) -> Self {
        let place = DB::place().await;
        let others = PoolOptions::new()
            .max_connections(3)
            .connect_with(place.direct.clone().unwrap_or(place.options.clone()))
            .await
            .expect("a pool");
        DB::tables(&others).await;
        let pool = PoolOptions::new()
            .max_connections(connections)
            .connect_with(place.options.clone());
        let db = handle(pool.await.expect("a pool"));
        let heard = Heard::default();
        let hearing = heard.clone();
        let db = db.with_observer(move |event| hearing.hear(event));
        Self {
            db,
            heard,
            others,
            options: place.options,
            _files: place.files,
        }
    }

    pub fn with_signals(mut self, signals: Signals<DB>) -> Self {
        self.db = self.db.with_signals(signals);
        self
    }

    /// Puts another pool under the handle, which keeps its receivers and its observer.
    pub fn replace_pool(&mut self, pool: Pool<DB>) {
        let hearing = self.heard.clone();
        let signals = self.db.signals().clone();
        self.db = handle(pool)
            .with_signals(signals)
            .with_observer(move |event| hearing.hear(event));
    }

    /// The rows that others see.
    pub async fn ids(&self) -> Vec<i64> {
        DB::ids(&self.others).await
    }
}

/// A handle that knows of the pooler, if there is one.
pub fn handle<DB: Server>(pool: Pool<DB>) -> Db<DB> {
    let db = Db::new(pool);
    match POOLED.try_with(|()| ()) {
        Ok(()) => db.behind_transaction_pooler(),
        Err(_) => db,
    }
}
