//! What a transaction sends, and how it takes the answers.

use either::Either;

use super::Tx;
use super::link::Want;
use super::statement::{self, StatementKind};
use crate::error::{Error, Kind, Result, refused};
use crate::observe::Event;
use crate::store::{
    Dialect, ErrorClass, Item, Query, classify, leaves_connection_unusable as is_fatal,
};

impl<DB: Dialect> Tx<DB> {
    /// Ends what is still running; what it comes to marks the block.
    pub(super) async fn drain(&mut self) {
        self.link.abandon();
        while let Some(item) = self.link.next().await {
            if let Err(error) = item
                && (!self.orphan || is_fatal(&error))
            {
                self.failed(&error);
            }
        }
        if self.link.is_gone() {
            self.ledger
                .statement_failed("the connection was lost".into(), ErrorClass::ConnectionLost);
        }
        self.orphan = false;
    }

    /// Ends what is still running, and makes sure that the block may send something.
    pub(super) async fn settle(&mut self) -> Result<()> {
        self.drain().await;
        self.ask_probe().await;
        if let Some(mismatch) = self.mismatch() {
            return Err(mismatch);
        }
        if self.ledger.mark().is_some() {
            return Err(self.refusal());
        }
        Ok(())
    }

    /// Sends the rollback to a savepoint that is pending, if there is one.
    pub(super) async fn give_back_locks(&mut self) -> Result<()> {
        self.settle().await?;
        if self.link.is_unopened() {
            return Ok(());
        }
        self.ready(&StatementKind::Reads).await.map(drop)
    }

    /// Sends savepoint operations that were pending.
    pub(super) async fn flush(&mut self, pending: String) -> Result<()> {
        let Err(error) = self.link.simple(pending).await else {
            return Ok(());
        };
        // A deadlock takes the savepoints along with the transaction: then that is the reason.
        if DB::is_state_mismatch(&error) && !self.collided {
            self.note_mismatch(error);
            return Err(self.refusal());
        }
        self.failed(&error);
        Err(Error::from(error))
    }

    /// Makes sure that the statement may be sent, and starts it.
    pub(super) async fn start(
        &mut self,
        query: Query<DB>,
        want: Want,
    ) -> std::result::Result<(), sqlx::Error> {
        let single = DB::ONE_STATEMENT_WITH_ARGUMENTS && query.has_arguments();
        let kind = self.allow(query.text(), single)?;
        self.settle().await.map_err(Error::into_sqlx)?;
        let first = self.ready(&kind).await.map_err(Error::into_sqlx)?;
        self.set_probe(&kind, first)
            .await
            .map_err(Error::into_sqlx)?;
        self.may_have_written |= kind != StatementKind::Reads;
        if !matches!(kind, StatementKind::Reads | StatementKind::Writes) {
            // It may have removed it.
            self.tx_info.prepared = None;
            self.tx_info.may_have_notified |= mentions_notify(query.text());
        }
        if !self.warned {
            self.warned = self.life.warn_if_long();
        }
        let query = query.unnamed_if(self.db.observers().pooled);
        let may_be_left = matches!(kind, StatementKind::Reads | StatementKind::Other);
        self.link.start(query, want, may_be_left);
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
                .statement_failed("the connection was lost".into(), ErrorClass::ConnectionLost);
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
                    .statement_failed("the connection was lost".into(), ErrorClass::ConnectionLost);
            }
            _ => {}
        }
        item
    }

    /// Refuses statements that would move the transaction behind the block's back, where their words show it.
    pub(super) fn allow(
        &self,
        sql: &str,
        single: bool,
    ) -> std::result::Result<StatementKind, sqlx::Error> {
        match statement::inspect_once(sql, DB::GRAMMAR, single) {
            StatementKind::Control(keyword) => Err(refused(Kind::ControlStatement { keyword })),
            StatementKind::Commits(keyword) => Err(refused(Kind::ImplicitCommit { keyword })),
            kind => Ok(kind),
        }
    }

    /// BEGIN failed, or there was no connection: nothing was sent.
    pub(super) fn opening_failed(&mut self, error: &Error) {
        self.collided |= error.is_conflict();
        self.db
            .observers()
            .observe(&Event::StatementFailed { code: error.code() });
        self.ledger
            .statement_failed(error.to_string(), error.class());
    }

    pub(super) fn failed(&mut self, error: &sqlx::Error) {
        let class = classify(error);
        self.collided |= class.is_conflict();
        let code = error.as_database_error().and_then(|error| error.code());
        self.db.observers().observe(&Event::StatementFailed {
            code: code.as_deref(),
        });
        self.stale_plan |= DB::is_stale_plan(error);
        if is_fatal(error) {
            self.link.cut();
        }
        self.ledger.statement_failed(error.to_string(), class);
    }
}

fn mentions_notify(sql: &str) -> bool {
    let mut words = sql.as_bytes().windows("notify".len());
    words.any(|word| word.eq_ignore_ascii_case(b"notify"))
}
