//! Hints to the workers of other processes that there is something to claim. They may get lost: polling is the truth.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use sqlx::Pool;
use tokio::sync::mpsc::UnboundedSender;

use super::worker::Report;
use crate::observe::Event;
use crate::store::{Dialect, effect_text, own_sql};
use crate::transaction::Db;

/// Commits within this time share a hint. A hint in each transaction would make commits wait for one another: on PostgreSQL 15
/// it took 58 % of the throughput of 16 clients.
const TOGETHER: Duration = Duration::from_millis(10);

/// Whether a hint is about to be sent.
#[derive(Debug, Default)]
pub(crate) struct Wake(AtomicBool);

impl Wake {
    /// Sends a hint soon, after the commit and from another connection. Nobody waits for it.
    pub(crate) fn others<DB: Dialect>(&self, db: &Db<DB>) {
        let Some(notify) = DB::effects().notify.filter(|_| db.observers().wake_ups) else {
            return;
        };
        if self.0.swap(true, Ordering::AcqRel) {
            return;
        }
        let (db, sql) = (db.clone(), effect_text::<DB>(notify, db.tables(), &[]));
        tokio::spawn(async move {
            tokio::time::sleep(TOGETHER).await;
            // Before it is sent: a commit from here on needs another one.
            db.station().wake.0.store(false, Ordering::Release);
            let sent = async {
                let mut conn = db.pool().acquire().await?;
                DB::simple(&mut conn, own_sql(sql)).await
            };
            if let Err(error) = sent.await {
                let error = error.into();
                db.observers().observe(&Event::WorkerTrouble {
                    what: "notify",
                    error: &error,
                });
            }
        });
    }
}

/// Hands hints on to the worker, until it has ended.
pub(super) async fn listen<DB: Dialect>(
    db: Db<DB>,
    pool: Pool<DB>,
    reports: UnboundedSender<Report>,
) {
    if !db.observers().wake_ups {
        return;
    }
    let channel = effect_text::<DB>("{channel}", db.tables(), &[]);
    let Some(mut hints) = DB::hints(&pool, channel) else {
        return;
    };
    while let Some(heard) = hints.next().await {
        match heard {
            Ok(()) if reports.send(Report::Woken(None)).is_err() => return,
            Ok(()) => {}
            Err(error) => {
                let error = error.into();
                db.observers().observe(&Event::WorkerTrouble {
                    what: "listen",
                    error: &error,
                });
            }
        }
    }
}
