//! A site for each test: a database of its own, a second way to look at it, and recorders.

mod outbox;
mod recorder;
mod servers;
mod site;

pub use outbox::{Outbox, Sink, patient};
pub use recorder::{Heard, Labels};
pub use servers::Server;
pub use site::{Files, Site};

/// Runs generic tests on every database: `on_each_database! { a_block_commits, … }`.
macro_rules! on_each_database {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test::<sqlx::Sqlite>().await })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test::<sqlx::Postgres>().await })*
        }
        mod mysql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test::<sqlx::MySql>().await })*
        }
    };
}

tokio::task_local! {
    /// The test reaches Postgres through a pooler that shares sessions between transactions.
    pub static POOLED: ();
}

/// The same, and on Postgres once more through a pooler in transaction mode.
macro_rules! on_each_database_and_the_pooler {
    ($($test:ident),* $(,)?) => {
        on_each_database! { $($test),* }

        mod pooler {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                crate::support::POOLED.scope((), super::$test::<sqlx::Postgres>()).await
            })*
        }
    };
}

/// Held by tests that look at the log: what is logged is decided for the whole process.
pub static LOGGING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Is this the long run?
pub fn long() -> bool {
    std::env::var_os("AFTERCOMMIT_TEST_LONG").is_some()
}
