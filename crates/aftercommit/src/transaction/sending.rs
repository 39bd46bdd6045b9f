//! What a transaction sends, and how it takes the answers.

use either::Either;

use super::link::Want;
use super::{Tx, owed_sql, statement};
use crate::error::{Error, Kind, Result, refused};
use crate::observe::Event;
use crate::store::{Dialect, Item, Query, Trouble, trouble};

impl<DB: Dialect> Tx<DB> {
    /// Reads what is still running to its end; what it comes to marks the block.
    pub(super) async fn drain(&mut self) {
        while let Some(item) = self.link.next().await {
            if let Err(error) = item
                && (!self.orphan || is_fatal(&error))
            {
                self.failed(&error);
            }
        }
        if self.link.is_gone() {
            self.ledger
                .statement_failed("the connection was lost".into(), false);
        }
        self.orphan = false;
    }

    /// Sends what the ledger owes. Called before every statement.
    pub(super) async fn settle(&mut self) -> Result<()> {
        self.drain().await;
        self.prove().await;
        if self.ledger.mark().is_some() {
            return Err(self.refusal());
        }
        let owed = self.ledger.settle();
        if !owed.is_empty() {
            self.simple(owed_sql(&owed)).await?;
            self.collided = false;
        }
        Ok(())
    }

    /// Finds out whether the last statement ended the transaction, if it could have.
    pub(super) async fn prove(&mut self) {
        let Some((_, proven)) = DB::proof() else {
            return;
        };
        if std::mem::take(&mut self.unproven)
            && self.ledger.mark().is_none()
            && let Err(error) = self.link.simple(proven.to_owned()).await
        {
            self.failed(&error);
            if DB::is_state_mismatch(&error) {
                self.mismatch = Some(error);
            }
        }
    }

    /// Runs a message of the library's own in this transaction.
    pub(super) async fn simple(&mut self, sql: String) -> Result<()> {
        self.link.simple(sql).await.map_err(|error| {
            self.failed(&error);
            Error::from(error)
        })
    }

    /// Makes sure that the statement may be sent, and starts it.
    pub(super) async fn start(
        &mut self,
        query: Query<DB>,
        want: Want,
    ) -> std::result::Result<(), sqlx::Error> {
        let indirect = self.allow(query.text())?;
        self.settle().await.map_err(Error::into_sqlx)?;
        if let (true, Some((prove, _))) = (indirect, DB::proof()) {
            self.simple(prove.to_owned())
                .await
                .map_err(Error::into_sqlx)?;
            self.unproven = true;
        }
        if !self.warned {
            self.warned = self.life.warn_if_long();
        }
        let query = query.unnamed_if(self.db.observers().pooled);
        self.link.start(query, want);
        Ok(())
    }

    /// Runs a statement of the library's own to its end.
    pub(crate) async fn run_statement(
        &mut self,
        query: Query<DB>,
        mut each: impl FnMut(Either<DB::QueryResult, DB::Row>) + Send,
    ) -> Result<()> {
        self.start(query, Want::All).await?;
        while let Some(item) = self.next_item().await {
            each(item?);
        }
        Ok(())
    }

    /// Runs a statement of the library's own of which one failure is an answer, after which the transaction is as before: `false`
    /// for that one.
    pub(crate) async fn run_statement_unless(
        &mut self,
        query: Query<DB>,
        answer: impl Fn(&sqlx::Error) -> bool + Send,
        mut each: impl FnMut(Either<DB::QueryResult, DB::Row>) + Send,
    ) -> Result<bool> {
        self.start(query, Want::All).await?;
        let mut ran = true;
        while let Some(item) = self.link.next().await {
            match item {
                Ok(item) => each(item),
                Err(error) if answer(&error) => ran = false,
                Err(error) => {
                    self.failed(&error);
                    return Err(error.into());
                }
            }
        }
        if self.link.is_gone() {
            self.ledger
                .statement_failed("the connection was lost".into(), false);
        }
        Ok(ran)
    }

    /// The next item of the running statement, with its failure noted.
    pub(super) async fn next_item(&mut self) -> Option<Item<DB>> {
        let item = self.link.next().await;
        match &item {
            Some(Err(error)) => self.failed(error),
            None if self.link.is_gone() => {
                self.ledger
                    .statement_failed("the connection was lost".into(), false);
            }
            _ => {}
        }
        item
    }

    /// Refuses statements that would move the transaction behind the block's back. `true` for one that may do so
    /// without showing it.
    pub(super) fn allow(&self, sql: &str) -> std::result::Result<bool, sqlx::Error> {
        match statement::inspect(sql, DB::COMMITS_ON_DDL) {
            statement::Verdict::Harmless => Ok(false),
            statement::Verdict::Indirect => Ok(true),
            statement::Verdict::Control(keyword) => {
                Err(refused(Kind::ControlStatement { keyword }))
            }
            statement::Verdict::Commits(keyword) => Err(refused(Kind::ImplicitCommit { keyword })),
        }
    }

    pub(super) fn failed(&mut self, error: &sqlx::Error) {
        let trouble = trouble(error);
        self.collided |= trouble == Trouble::Conflict;
        let code = error.as_database_error().and_then(|error| error.code());
        self.db.observers().observe(&Event::StatementFailed {
            code: code.as_deref(),
        });
        self.stale_plan |= DB::is_stale_plan(error);
        if is_fatal(error) {
            self.link.cut();
        }
        self.ledger
            .statement_failed(error.to_string(), trouble == Trouble::Conflict);
    }
}

/// After this error the connection cannot be trusted with another statement.
fn is_fatal(error: &sqlx::Error) -> bool {
    !matches!(error, sqlx::Error::Database(_)) || trouble(error) == Trouble::Cut
}
