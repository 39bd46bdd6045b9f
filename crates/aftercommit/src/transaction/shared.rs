//! What all clones of a handle share: the pool, what is known of the server, and who holds its lock.

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use sqlx::Pool;

use super::Db;
use crate::error::at;
use crate::model::{GivenId, VoidIds};
use crate::store::{Dialect, Preparing, ServerInfo};

/// Commits between two clean-ups of what commits leave behind.
const UPKEEP_EVERY: u64 = 1_000;

pub(super) struct Shared<DB: Dialect> {
    pub(super) pool: Pool<DB>,
    server: RwLock<Option<Arc<ServerInfo>>>,
    /// What its sessions have prepared.
    preparing: Arc<Preparing>,
    /// It was said that commits may be lost.
    warned: AtomicBool,
    /// The blocks that hold a connection.
    open: Mutex<BTreeMap<u64, (&'static Location<'static>, Instant)>>,
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
            server: RwLock::new(None),
            preparing: Arc::default(),
            warned: AtomicBool::new(false),
            open: Mutex::default(),
            writer: Mutex::new(None),
            transactions: AtomicU64::new(1),
            commits: AtomicU64::new(0),
            void_ids: Mutex::default(),
        }
    }
}

impl<DB: Dialect> Db<DB> {
    pub(crate) fn next_transaction(&self) -> u64 {
        self.parts
            .shared
            .transactions
            .fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn known_server(&self) -> Option<Arc<ServerInfo>> {
        let server = &self.parts.shared.server;
        server
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn remember_server(&self, mut known: ServerInfo) -> Arc<ServerInfo> {
        let shared = &self.parts.shared;
        if let Some(numbers) = &mut known.numbers {
            numbers.prepare_with(&shared.preparing);
        }
        let known = Arc::new(known);
        let server = shared.server.write();
        *server.unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        known
    }

    /// The server may be another one now: it is asked again before the next transaction.
    pub(crate) fn forget_server(&self) {
        *self
            .parts
            .shared
            .server
            .write()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Why confirmed commits may be lost, the first time that it is known.
    pub(super) fn warn_once_of_losses(&self) -> Option<&'static str> {
        if self.parts.shared.warned.load(Ordering::Relaxed) {
            return None;
        }
        let why = self.known_server()?.loses_commits?;
        (!self.parts.shared.warned.swap(true, Ordering::Relaxed)).then_some(why)
    }

    /// Looks at the ids of rows that were rolled back, or adds to them.
    pub(crate) fn void_ids<T>(&self, look: impl FnOnce(&mut VoidIds) -> T) -> T {
        let void = self.parts.shared.void_ids.lock();
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
    pub(crate) fn count_commit(&self, server: &ServerInfo) {
        let commits = self.parts.shared.commits.fetch_add(1, Ordering::Relaxed) + 1;
        if !commits.is_multiple_of(UPKEEP_EVERY) {
            return;
        }
        if let Some(sql) = DB::upkeep(server) {
            let pool = self.pool().clone();
            tokio::spawn(async move {
                let done = async {
                    let mut conn = pool.acquire().await?;
                    DB::simple(&mut conn, crate::store::own_sql(sql)).await
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
                .parts
                .shared
                .writer
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some((id, place, Instant::now()));
        }
    }

    pub(super) fn lock_given_back(&self, id: u64) {
        if DB::ONE_WRITER {
            let mut writer = self
                .parts
                .shared
                .writer
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if writer.is_some_and(|(holder, ..)| holder == id) {
                *writer = None;
            }
        }
    }

    pub(super) fn connection_taken(&self, id: u64, place: &'static Location<'static>) {
        let mut open = self
            .parts
            .shared
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.insert(id, (place, Instant::now()));
    }

    pub(super) fn connection_given_back(&self, id: u64) {
        let mut open = self
            .parts
            .shared
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.remove(&id);
    }

    /// Who holds the connections of the pool, in words.
    pub(super) fn connection_holders(&self) -> Option<String> {
        let open = self
            .parts
            .shared
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Transactions are numbered as they begin: the first has been open for longest.
        let (place, since) = open.values().next()?;
        Some(format!(
            "{} of the {} connections are held by blocks, for longest by the one at {}, for {} ms",
            open.len(),
            self.pool().options().get_max_connections(),
            at(place),
            since.elapsed().as_millis()
        ))
    }

    /// Who holds the write lock, in words.
    pub(crate) fn lock_holder(&self) -> Option<String> {
        let writer = self
            .parts
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
