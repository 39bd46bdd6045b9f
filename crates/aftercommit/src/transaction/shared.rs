//! What all clones of a handle share: the pool, what is known of the server, and who holds its lock.

use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use sqlx::Pool;

use super::Db;
use crate::error::at;
use crate::model::{GivenId, VoidIds};
use crate::store::{Dialect, Facts};

/// Commits between two clean-ups of what commits leave behind.
const UPKEEP_EVERY: u64 = 1_000;

pub(super) struct Shared<DB: Dialect> {
    pub(super) pool: Pool<DB>,
    facts: RwLock<Option<Arc<Facts>>>,
    /// The last block that took the write lock, for the text of "database is locked".
    writer: Mutex<Option<(u64, &'static Location<'static>, Instant)>>,
    transactions: AtomicU64,
    commits: AtomicU64,
    /// The ids of rows that were rolled back.
    void_ids: Mutex<VoidIds>,
}

impl<DB: Dialect> Shared<DB> {
    pub(super) fn new(pool: Pool<DB>) -> Self {
        Self {
            pool,
            facts: RwLock::new(None),
            writer: Mutex::new(None),
            transactions: AtomicU64::new(1),
            commits: AtomicU64::new(0),
            void_ids: Mutex::default(),
        }
    }
}

impl<DB: Dialect> Db<DB> {
    pub(crate) fn next_transaction(&self) -> u64 {
        self.shared.transactions.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn known_facts(&self) -> Option<Arc<Facts>> {
        self.shared
            .facts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn remember_facts(&self, facts: &Arc<Facts>) {
        *self
            .shared
            .facts
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(facts));
    }

    /// The server may have changed: it is asked again before the next transaction.
    pub(crate) fn forget_facts(&self) {
        *self
            .shared
            .facts
            .write()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Looks at the ids of rows that were rolled back, or adds to them.
    pub(crate) fn void_ids<T>(&self, look: impl FnOnce(&mut VoidIds) -> T) -> T {
        let void = self.shared.void_ids.lock();
        look(&mut void.unwrap_or_else(PoisonError::into_inner))
    }

    /// The rows with these ids were rolled back.
    pub(crate) fn add_void_ids(&self, given: impl IntoIterator<Item = GivenId>) {
        let mut given = given.into_iter().peekable();
        if given.peek().is_some() {
            self.void_ids(|void| given.for_each(|given| void.add(given)));
        }
    }

    /// Cleans up behind commits, now and then.
    pub(crate) fn count_commit(&self, facts: &Facts) {
        let commits = self.shared.commits.fetch_add(1, Ordering::Relaxed) + 1;
        if let (Some(sql), true) = (DB::upkeep(facts), commits.is_multiple_of(UPKEEP_EVERY)) {
            let pool = self.pool().clone();
            tokio::spawn(async move {
                let done = async {
                    let mut conn = pool.acquire().await?;
                    DB::simple(&mut conn, sqlx::SqlStr::from_static(sql)).await
                };
                if let Err(error) = done.await {
                    tracing::warn!(%error, "old commit markers could not be removed; trying again later");
                }
            });
        }
    }

    pub(super) fn lock_taken(&self, id: u64, place: &'static Location<'static>) {
        if DB::ONE_WRITER {
            *self
                .shared
                .writer
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some((id, place, Instant::now()));
        }
    }

    pub(super) fn lock_given_back(&self, id: u64) {
        if DB::ONE_WRITER {
            let mut writer = self
                .shared
                .writer
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if writer.is_some_and(|(holder, ..)| holder == id) {
                *writer = None;
            }
        }
    }

    /// Who holds the write lock, in words.
    pub(crate) fn lock_holder(&self) -> Option<String> {
        let writer = self
            .shared
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        writer.map(|(_, place, since)| {
            format!(
                "the block at {} has been writing for {} ms",
                at(place),
                since.elapsed().as_millis()
            )
        })
    }
}
