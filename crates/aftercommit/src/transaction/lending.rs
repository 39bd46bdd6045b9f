//! The connection itself, for code that does not take an executor.

use super::held::Held;
use super::link::Link;
use super::statement::StatementKind;
use super::{AsyncBlock, Tx};
use crate::error::{Error, Result};
use crate::store::{Dialect, ErrorClass};

impl<DB: Dialect> Tx<DB> {
    /// Lends the connection of the transaction to code that wants a `&mut PgConnection` (or another database's), or an
    /// `impl Acquire`, and for what sqlx offers on a connection only, such as COPY.
    ///
    /// For everything else pass the `Tx` itself: `&mut *tx` is an executor.
    ///
    /// What runs on the lent connection is not seen, so aftercommit takes it for something that writes and asks afterwards
    /// whether the transaction is still the one that was begun. If it is not, the block answers `TX_STATE_MISMATCH`, and no
    /// hook runs.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> aftercommit::Result<()> {
    /// # let db: aftercommit::Db<sqlx::Sqlite> = aftercommit::Db::connect("sqlite::memory:").await?;
    /// async fn answer(conn: &mut sqlx::SqliteConnection) -> Result<i64, sqlx::Error> {
    ///     sqlx::query_scalar("SELECT 42").fetch_one(conn).await
    /// }
    ///
    /// let found: i64 = db
    ///     .atomic(async |tx| {
    ///         tx.with_connection(async |conn| aftercommit::Ok(answer(conn).await?)).await
    ///     })
    ///     .await?;
    /// assert_eq!(found, 42);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Limits
    ///
    /// The code must not begin, commit or roll back. `conn.begin()` is among that: sqlx does not know of the transaction, sends
    /// BEGIN (an error on SQLite, a warning on Postgres, a commit on MySQL and MariaDB), and its `commit` would be yours.
    /// `sqlx::migrate!` begins transactions: run it on the pool, outside of any block.
    ///
    /// A statement that fails, and whose error the code keeps to itself, breaks the block on Postgres, where the server has aborted the
    /// transaction. On the other databases it is the code's own affair.
    ///
    /// # Errors
    ///
    /// The code's own, which marks the block as a failed statement does; those of sending a statement in this block.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, the connection is closed and the block ends with `TX_STATE_MISMATCH`, because nobody can ask what the code did.
    pub async fn with_connection<T, E, F>(&mut self, code: F) -> Result<T, E>
    where
        F: for<'c> AsyncFnOnce(&'c mut DB::Connection) -> Result<T, E>
            + for<'c> AsyncBlock<&'c mut DB::Connection, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
    {
        let mut held = self.lend().await?;
        let result = code(held.conn()).await;
        self.link = Link::Idle(held);
        if result.is_err() {
            self.ledger.statement_failed(
                "the code to which the connection was lent returned an error".into(),
                ErrorClass::Refused,
            );
        }
        result
    }

    async fn lend(&mut self) -> Result<Held<DB>> {
        self.settle().await?;
        let first = self.ready(&StatementKind::Opaque).await?;
        self.set_probe(&StatementKind::Opaque, first).await?;
        self.may_have_written = true;
        self.tx_info.prepared = None;
        self.tx_info.may_have_notified = true;
        self.link.take().ok_or_else(|| self.refusal())
    }
}
