//! A client whose network is cut where it is told to be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aftercommit::Db;
use aftercommit_harness::{Passed, Plan, Point, Sender, Wire};
use sqlx::Connection;
use sqlx::pool::PoolOptions;
use tokio::task::JoinHandle;

use super::blocks::{Block, Wired, handle};
use super::judge::{Report, Told};
use crate::support::Labels;

/// Where a commit is cut.
#[derive(Clone, Copy, Debug)]
pub struct Cuts {
    pub first: Option<Point>,
    pub second: Option<Point>,
    /// The lookup waits after the first cut.
    pub hold: bool,
}

/// Every second one prepares from the first block of a session on.
static CLIENTS: AtomicUsize = AtomicUsize::new(0);

/// A pool of one connection behind a network of its own.
pub struct Client<DB: Wired> {
    pub wire: Arc<Wire>,
    db: Db<DB>,
    labels: Labels,
}

impl<DB: Wired> Client<DB> {
    pub async fn connect(port: u16, patience: Duration) -> Self {
        Self::connect_with(port, patience, |options| options).await
    }

    /// With other options.
    pub async fn connect_with(
        port: u16,
        patience: Duration,
        change: impl FnOnce(
            <DB::Connection as Connection>::Options,
        ) -> <DB::Connection as Connection>::Options,
    ) -> Self {
        let wire = Wire::start(port, DB::PROTOCOL).await.unwrap();
        let keeps = CLIENTS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        let pool = PoolOptions::new()
            .after_connect(move |conn, _| {
                Box::pin(async move {
                    match keeps {
                        true => DB::keep_one(conn).await,
                        false => Ok(()),
                    }
                })
            })
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(60))
            .connect_lazy_with(change(DB::at(wire.port())));
        Self {
            wire: Arc::new(wire),
            db: handle(pool).with_resolve_patience(patience),
            labels: Labels::default(),
        }
    }

    /// Its port is that of a pooler in transaction mode.
    pub fn behind_a_pooler(&mut self) {
        self.db = self.db.clone().behind_transaction_pooler();
    }

    /// One commit without cuts, so that the pool has a connection.
    pub async fn warm_up(&self, id: i64) {
        Block::Insert.run(&self.db, &self.labels, id).await.unwrap();
    }

    /// Commits, and answers with what was told and which messages went by.
    pub fn commit(&self, block: Block, id: i64, cuts: Cuts) -> JoinHandle<(Report, Vec<Passed>)> {
        self.wire.begin(Plan {
            needle: b"COMMIT".to_vec(),
            first: cuts.first,
            second: cuts.second,
            hold: cuts.hold,
        });
        let (wire, db, labels) = (Arc::clone(&self.wire), self.db.clone(), self.labels.clone());
        tokio::spawn(async move {
            let outcome = block.run(&db, &labels, id).await;
            let (first_cut, second_cut) = wire.cuts();
            let passed = wire.end();
            let told = match &outcome {
                Ok(()) => Told::Committed,
                Err(error) if error.is_commit_in_doubt() => Told::InDoubt,
                Err(_) => Told::NotCommitted,
            };
            let hooked = labels.all().contains(&id.to_string());
            labels.clear();
            let report = Report {
                id,
                told,
                why: outcome
                    .err()
                    .map_or(String::new(), |error| format!("{block:?}: {error:?}")),
                hooked,
                identified: is_identified::<DB>(block, &passed),
                first: cuts.first.filter(|_| first_cut),
                second: cuts.second.filter(|_| second_cut),
                before_failover: false,
            };
            (report, passed)
        })
    }
}

/// Whether what the lookup asks for had arrived. A marker of MariaDB is the client's own.
fn is_identified<DB: Wired>(block: Block, passed: &[Passed]) -> bool {
    DB::NAME != "PostgreSQL"
        || block.is_numbered_at_once()
        || passed.iter().any(|passed| {
            !passed.later
                && passed.sender == Sender::Server
                && passed.kind == 'D'
                && passed.delivered
        })
}
