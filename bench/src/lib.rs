//! What the benchmarks share: a runtime and a database in memory.

pub mod interleaved;

use aftercommit::{Db, Signals};
use sqlx::Sqlite;
use tokio::runtime::Runtime;

/// A runtime as a small service has it.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// SQLite in memory, with receivers.
pub fn in_memory(runtime: &Runtime, signals: Signals<Sqlite>) -> Db<Sqlite> {
    let db = runtime
        .block_on(Db::connect("sqlite::memory:"))
        .expect("memory");
    db.with_signals(signals)
}
