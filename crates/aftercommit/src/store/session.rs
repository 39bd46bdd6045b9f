//! A connection for the library's own statements, outside of any block.

use either::Either;
use futures_util::StreamExt;

use super::{BeginMessage, CommitMessage, Dialect, Outbox, Query, ServerInfo, TxInfo, bound};
use crate::error::{Error, Result};
use crate::transaction::{Held, Isolation, Options, close_or_release};

/// A connection of the pool. Dropped half-way it is closed.
pub(crate) struct Session<DB: Dialect> {
    held: Held<DB>,
    open: Option<(Options, TxInfo)>,
    pooled: bool,
    /// Faults of the test kit.
    #[cfg(feature = "testing")]
    faults: Option<crate::testing::Faults>,
}

/// What a statement answered.
pub(crate) struct Answer<DB: Dialect> {
    pub(crate) rows: Vec<DB::Row>,
    pub(crate) affected: u64,
}

impl<DB: Dialect> Session<DB> {
    /// For one statement.
    pub(crate) async fn open(outbox: &Outbox<DB>) -> Result<Self> {
        let mut session = Self::take(outbox).await?;
        // Outside of a transaction a pooler could give its parts to different sessions.
        if session.pooled || !session.autocommits(outbox).await? {
            session.start().await?;
        }
        Ok(session)
    }

    /// Begins a transaction, in which each statement sees what is committed by then.
    pub(crate) async fn begin(outbox: &Outbox<DB>) -> Result<Self> {
        let mut session = Self::take(outbox).await?;
        session.start().await?;
        Ok(session)
    }

    async fn take(outbox: &Outbox<DB>) -> Result<Self> {
        let observers = outbox.db.observers();
        Ok(Self {
            held: Held::new(outbox.pool.acquire().await?),
            open: None,
            pooled: observers.pooled,
            #[cfg(feature = "testing")]
            faults: observers.faults.clone(),
        })
    }

    /// Whether a statement outside of a transaction is kept. Asked once: what sets up one session sets up all of a pool.
    async fn autocommits(&mut self, outbox: &Outbox<DB>) -> Result<bool> {
        let Some(sql) = DB::autocommit() else {
            return Ok(true);
        };
        if let Some(known) = outbox.autocommit.get() {
            return Ok(*known);
        }
        let answer = self.answer(bound(sql, outbox.db.tables(), &[])?).await?;
        let row = answer.rows.first();
        let on = row.map(|row| DB::int(row, 0)).transpose()?.flatten() != Some(0);
        Ok(*outbox.autocommit.get_or_init(|| on))
    }

    async fn start(&mut self) -> Result<()> {
        let mut options = Options::new().without_lookup();
        // SQLite has one writer at a time and one level.
        if !DB::ONE_WRITER {
            options = options.isolation(Isolation::ReadCommitted);
        }
        let sql = DB::begin_sql(&options)?;
        let message = BeginMessage {
            begin: sql,
            then: String::new(),
            writes: false,
            pooled: self.pooled,
            options: &options,
        };
        let server = ServerInfo::default();
        let begun = DB::begin(self.held.conn(), message, &server).await?;
        self.open = Some((options, begun));
        Ok(())
    }

    /// Runs a statement to its end.
    pub(crate) async fn run(&mut self, query: Query<DB>) -> Result<Answer<DB>> {
        #[cfg(feature = "testing")]
        if let Some(fault) = self
            .faults
            .as_ref()
            .and_then(|faults| faults.statement(query.name))
        {
            return fault.around(self.answer(query)).await;
        }
        self.answer(query).await
    }

    async fn answer(&mut self, query: Query<DB>) -> Result<Answer<DB>> {
        let (mut rows, mut affected) = (Vec::new(), 0);
        let query = query.unnamed_if(self.pooled);
        let mut items = DB::fetch_many(self.held.conn(), query);
        while let Some(item) = items.next().await {
            match item? {
                Either::Left(ended) => affected += DB::affected(&ended),
                Either::Right(row) => rows.push(row),
            }
        }
        Ok(Answer { rows, affected })
    }

    /// Commits what was begun, and gives the connection back.
    pub(crate) async fn commit(mut self) -> Result<()> {
        if let Some((options, mut tx)) = self.open.take() {
            let message = CommitMessage {
                before: String::new(),
                before_writes: false,
                options: &options,
                may_have_written: true,
                must_last: false,
                pooled: self.pooled,
            };
            let server = ServerInfo::default();
            DB::commit(self.held.conn(), message, &mut tx, &server)
                .await
                .map_err(Error::from)?;
        }
        self.held.release();
        Ok(())
    }

    /// Commits what went well, and undoes what did not. The connection goes back to its pool unless it was lost: it may be
    /// the only one, with a database in memory.
    pub(crate) async fn end<T>(self, answer: Result<T>) -> Result<T> {
        match answer {
            Ok(answer) => self.commit().await.map(|()| answer),
            Err(error) if error.is_connection_lost() => Err(error),
            Err(error) => {
                self.roll_back().await;
                Err(error)
            }
        }
    }

    /// Undoes what was begun, and gives the connection back.
    pub(crate) async fn roll_back(mut self) {
        match self.open.take() {
            Some((options, tx)) => close_or_release(self.held, &options, &tx).await,
            None => self.held.release(),
        }
    }
}
