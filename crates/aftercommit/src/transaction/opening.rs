//! The first statement of a transaction: a connection is taken from the pool, and BEGIN is sent.
//!
//! Not before. A block that sends nothing costs nothing, a request whose body is still on its way holds no lock, and what the
//! first statement does is known when BEGIN is sent: one that writes by its own words may be told its transaction number at
//! once.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use super::held::Held;
use super::link::Link;
use super::statement::StatementKind;
use super::{Db, Life, Options, Shield, Tx, close_or_release, owed_sql};
use crate::error::Result;
use crate::observe::Event;
use crate::store::{self, BeginMessage, Dialect, ServerInfo, TxInfo};

impl<DB: Dialect> Tx<DB> {
    /// Sends what is pending, and BEGIN before the first statement. Answers whether nothing but BEGIN was sent in the transaction.
    pub(super) async fn ready(&mut self, kind: &StatementKind) -> Result<bool> {
        let pending = owed_sql(self.ledger.pending());
        if self.link.is_unopened() {
            // Behind a pooler nothing but a savepoint can be proved.
            let first = pending.is_empty() && !self.db.observers().pooled;
            // Once a transaction: not in the future of every statement.
            Box::pin(self.open(kind, pending)).await?;
            self.ledger.flush_pending();
            return Ok(first);
        }
        if !pending.is_empty() {
            self.ledger.flush_pending();
            self.flush(pending).await?;
            self.collided = false;
        }
        Ok(false)
    }

    /// Asks the server who it is, if what is sent first depends on it. Once a process; the transaction stays unopened.
    pub(crate) async fn know_server(&mut self) -> Result<()> {
        if !self.link.is_unopened() {
            return Ok(());
        }
        if let Some(server) = self.db.known_server() {
            self.server = server;
            return Ok(());
        }
        let asked = async {
            let mut held = acquire(&self.db).await?;
            let server = DB::server_info(held.conn()).await?;
            held.release();
            Ok(server)
        };
        match asked.await {
            Ok(server) => {
                self.server = self.db.remember_server(server);
                Ok(())
            }
            Err(error) => {
                self.opening_failed(&error);
                Err(error)
            }
        }
    }

    /// Begins. BEGIN goes on when the caller goes away in the middle of it: otherwise a connection would be left in the
    /// pool with a transaction that nobody knows of. The block is then where it was before, with nothing sent.
    async fn open(&mut self, kind: &StatementKind, pending: String) -> Result<()> {
        let opened = match acquire(&self.db).await {
            Ok(held) => {
                let opening = Opening {
                    held: Some(held),
                    db: self.db.clone(),
                    options: self.options.clone(),
                    writes: *kind == StatementKind::Writes,
                    // A pooler may have another session answer before BEGIN, and after the end.
                    counts: *kind == StatementKind::Opaque && !self.db.observers().pooled,
                    tx: TxInfo::default(),
                };
                Shield::new(opening.begin(self.begin_sql.clone(), pending)).await
            }
            Err(error) => Err(error),
        };
        match opened {
            Ok((mut opening, server)) => {
                self.link = opening.held.take().map_or(Link::Gone, Link::Idle);
                self.tx_info = std::mem::take(&mut opening.tx);
                self.server = server;
                self.life.began = Instant::now();
                self.db.opened(&self.life, self.options.is_read_only());
                Ok(())
            }
            Err(error) => {
                self.opening_failed(&error);
                Err(error)
            }
        }
    }
}

async fn acquire<DB: Dialect>(db: &Db<DB>) -> Result<Held<DB>> {
    let conn = db.pool().acquire().await;
    Ok(Held::new(conn.map_err(|error| {
        store::not_connected(error, || db.connection_holders())
    })?))
}

/// A transaction that is being begun. Dropped with its connection, it is rolled back.
struct Opening<DB: Dialect> {
    held: Option<Held<DB>>,
    db: Db<DB>,
    options: Options,
    /// What the first statement is.
    writes: bool,
    /// The transactions of the session are counted.
    counts: bool,
    tx: TxInfo,
}

impl<DB: Dialect> Opening<DB> {
    async fn begin(
        mut self,
        sql: Cow<'static, str>,
        pending: String,
    ) -> Result<(Self, Arc<ServerInfo>)> {
        let Some(held) = self.held.as_mut() else {
            return Err(crate::error::Error::other("a connection was taken twice"));
        };
        let begun = async {
            let server = match self.db.known_server() {
                Some(server) => server,
                None => {
                    let asked = DB::server_info(held.conn()).await?;
                    self.db.remember_server(asked)
                }
            };
            if let Some(learned) = DB::keep_up(held.conn(), &server) {
                learned.await?;
            }
            let begun_before = match self.counts && pending.is_empty() {
                true => DB::transactions_begun(held.conn()).await?,
                false => None,
            };
            let message = BeginMessage {
                begin: sql,
                then: pending,
                writes: self.writes,
                pooled: self.db.observers().pooled,
                options: &self.options,
            };
            let mut tx = DB::begin(held.conn(), message, &server).await?;
            tx.begun_before = begun_before;
            Ok((tx, server))
        };
        match begun.await {
            Ok((tx, server)) => {
                self.tx = tx;
                Ok((self, server))
            }
            Err(error) => {
                self.db.forget_server();
                if let Some(held) = self.held.take() {
                    close_or_release(held, &self.options, &self.tx).await;
                }
                Err(store::failed(error, || self.db.lock_holder()))
            }
        }
    }
}

impl<DB: Dialect> Drop for Opening<DB> {
    fn drop(&mut self) {
        if let (Some(held), Ok(runtime)) = (self.held.take(), tokio::runtime::Handle::try_current())
        {
            let (options, tx) = (self.options.clone(), self.tx.clone());
            runtime.spawn(async move { close_or_release(held, &options, &tx).await });
        }
    }
}

impl<DB: Dialect> Db<DB> {
    fn opened(&self, life: &Life<DB>, read_only: bool) {
        self.connection_taken(life.id, life.place);
        if !read_only {
            self.lock_taken(life.id, life.place);
        }
        if let Some(why) = self.warn_once_of_losses() {
            self.observers().observe(&Event::CommitsMayBeLost { why });
        }
    }
}
