//! Preparing a statement ahead of running it.

use sqlx::SqlStr;

use super::Tx;
use super::held::Held;
use super::link::Link;
use super::statement::StatementKind;
use crate::store::Dialect;

impl<DB: Dialect> Tx<DB> {
    /// Prepares on the connection itself.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, the connection is closed and the block is broken: the reply that would still be on
    /// its way cannot be told from the answer of the next statement.
    pub(super) async fn prepare_statement(
        &mut self,
        sql: SqlStr,
        parameters: &[DB::TypeInfo],
    ) -> Result<DB::Statement, sqlx::Error> {
        self.prepare_to_send(sql.as_str()).await?;
        let Some(mut held) = self.link.take() else {
            return Err(self.refusal().into_sqlx());
        };
        // While this waits the link is gone; a drop here leaves it so.
        let prepared = DB::prepare(Held::conn(&mut held), sql, parameters).await;
        self.link = Link::Idle(held);
        prepared.inspect_err(|error| self.failed(error))
    }

    async fn prepare_to_send(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        self.allow(sql, true)?;
        self.settle().await.map_err(crate::Error::into_sqlx)?;
        // Nothing of it is run.
        let ready = self.ready(&StatementKind::Reads).await;
        ready.map(drop).map_err(crate::Error::into_sqlx)
    }

    /// Describes on the connection itself, for the macros of sqlx.
    ///
    /// # Cancel safety
    ///
    /// As for preparing.
    pub(super) async fn describe_statement(
        &mut self,
        sql: SqlStr,
    ) -> Result<sqlx::Describe<DB>, sqlx::Error> {
        self.prepare_to_send(sql.as_str()).await?;
        let Some(mut held) = self.link.take() else {
            return Err(self.refusal().into_sqlx());
        };
        let described = DB::describe(Held::conn(&mut held), sql).await;
        self.link = Link::Idle(held);
        described.inspect_err(|error| self.failed(error))
    }
}
