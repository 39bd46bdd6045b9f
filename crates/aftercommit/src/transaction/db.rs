//! The handle to a database: where blocks begin.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use sqlx::Pool;
use sqlx::pool::PoolOptions;

use super::{AsyncBlock, Begin, Begun, Options, Tx};
use crate::commit::{Hook, HookOutput, Report, run_now};
use crate::delivery::{Handover, Live, Wake};
use crate::effect::Headers;
use crate::error::{Error, Kind, Result, at};
use crate::observe::{Event, Observers};
use crate::signal::Signals;
use crate::store::{self, Dialect, Facts, Tables};

/// A pool, the receivers connected to its signals, and how its transactions behave.
///
/// Cheap to clone: clones share the pool and the receivers.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> aftercommit::Result<()> {
/// use aftercommit::Db;
/// use sqlx::Sqlite;
///
/// let db: Db<Sqlite> = Db::connect("sqlite::memory:").await?;
/// let answer = db
///     .atomic(async |tx| {
///         let row: (i64,) = sqlx::query_as("SELECT 42").fetch_one(&mut *tx).await?;
///         tx.on_commit(async || println!("it is true now"));
///         aftercommit::Ok(row.0)
///     })
///     .await?;
/// assert_eq!(answer, 42);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub struct Db<DB: Dialect> {
    shared: Arc<Shared<DB>>,
    observers: Arc<Observers>,
    signals: Signals<DB>,
    muted: Arc<[Box<str>]>,
    tables: Arc<Tables>,
    station: Arc<Station<DB>>,
}

struct Shared<DB: Dialect> {
    pool: Pool<DB>,
    facts: RwLock<Option<Arc<Facts>>>,
    /// The last block that took the write lock, for the text of "database is locked".
    writer: Mutex<Option<(u64, &'static Location<'static>, Instant)>>,
    transactions: AtomicU64,
    commits: AtomicU64,
}

/// Where the worker of these tables is found, if this process has one.
struct Station<DB: Dialect> {
    handover: Handover<DB>,
    wake: Wake,
    delivering: AtomicBool,
}

impl<DB: Dialect> Default for Station<DB> {
    fn default() -> Self {
        Self {
            handover: Handover::default(),
            wake: Wake::default(),
            delivering: AtomicBool::new(false),
        }
    }
}

/// Commits between two clean-ups of what commits leave behind.
const UPKEEP_EVERY: u64 = 1_000;

impl<DB: Dialect> Db<DB> {
    /// Wraps a pool and changes none of its settings.
    ///
    /// Effects are written with their payloads in the text of the statement, and sqlx logs texts of statements: all at debug level,
    /// slow ones as warnings. The library keeps these from listeners of `tracing`, except on SQLite, whose statements are
    /// logged by a thread of their own, and from the `log` crate not at all: if payloads are secrets, connect with
    /// [`disable_statement_logging`](sqlx::ConnectOptions::disable_statement_logging). A server logs the text of a statement that
    /// fails, or is slow, as it is configured to.
    pub fn new(pool: Pool<DB>) -> Self {
        Self {
            shared: Arc::new(Shared {
                pool,
                facts: RwLock::new(None),
                writer: Mutex::new(None),
                transactions: AtomicU64::new(1),
                commits: AtomicU64::new(0),
            }),
            observers: Arc::default(),
            signals: Signals::new(),
            muted: Arc::default(),
            tables: Arc::default(),
            station: Arc::default(),
        }
    }

    /// Connects with defaults that suit a service.
    ///
    /// For SQLite that means: the file is created if it is missing, and writes go ahead of the database
    /// (WAL), so that readers and the writer do not block each other. An in-memory database gets a pool of
    /// one connection, because each connection would be a database of its own. Build a pool yourself and use
    /// [`new`](Self::new) for anything else.
    ///
    /// # Errors
    ///
    /// A URL that does not parse, or a database that cannot be reached.
    pub async fn connect(url: &str) -> Result<Self> {
        let options = DB::connect_options(url)?;
        let mut pool = PoolOptions::<DB>::new();
        if url.contains(":memory:") || url.contains("mode=memory") {
            pool = pool
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None);
        }
        Ok(Self::new(pool.connect_with(options).await?))
    }

    /// Connects receivers: those of `signals` hear what is sent through this handle and its clones.
    pub fn with_signals(mut self, signals: Signals<DB>) -> Self {
        self.signals = signals;
        self
    }

    /// Tells `observer` every [`Event`].
    ///
    /// It is called in line and must not block; a panic in it is caught and logged.
    pub fn with_observer(self, observer: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.configure(|observers| observers.observer = Some(Arc::new(observer)))
    }

    /// The time after which a hook that is still running is warned about. 5 s unless set.
    pub fn with_hook_budget(self, budget: Duration) -> Self {
        self.configure(|observers| observers.hook_budget = budget)
    }

    /// The age at which an open transaction is warned about. 10 s unless set.
    pub fn with_long_transaction(self, age: Duration) -> Self {
        self.configure(|observers| observers.long_transaction = age)
    }

    /// How long the server is asked about a COMMIT that was cut off. 5 s unless set.
    pub fn with_resolve_patience(self, patience: Duration) -> Self {
        self.configure(|observers| observers.resolve_patience = patience)
    }

    /// The number of hooks that one transaction may have, and of effects. 100,000 of each unless set.
    ///
    /// A transaction with more of them does not commit: `TOO_MANY_HOOKS`, `TOO_MANY_EFFECTS`.
    pub fn with_hook_limit(self, limit: usize) -> Self {
        self.configure(|observers| observers.hook_limit = limit)
    }

    /// What travels with each effect that is written: called when a signal is sent to a durable receiver.
    ///
    /// Its use is the trace of the request, as in `[("traceparent", …)]` of <https://www.w3.org/TR/trace-context/>; a delivery
    /// finds it with [`Delivery::header`](crate::Delivery::header).
    pub fn with_headers(self, headers: impl Fn() -> Headers + Send + Sync + 'static) -> Self {
        self.configure(|observers| observers.headers = Some(Arc::new(headers)))
    }

    /// For a pool that leads to a pooler which shares sessions between transactions, as PgBouncer does in transaction mode.
    ///
    /// Nothing is then kept in a session: statements are sent without a name, and the library's own ones inside transactions.
    /// (Outside of them a pooler may give the parts of one statement to different sessions: with PgBouncer 1.18 half of such
    /// queries got the answer to somebody else's.) Statements that are run on the pool itself, without a block, are not covered:
    /// use `sqlx::raw_sql` for them, or a block. A mode that shares sessions between statements cannot be used at all.
    pub fn behind_transaction_pooler(self) -> Self {
        self.configure(|observers| observers.pooled = true)
    }

    /// Tells the workers of other processes when there is something to claim, and listens for that in a worker of this handle, on
    /// a connection that it takes from the pool for good. Postgres only; others poll.
    ///
    /// Worth it where a worker is a process of its own and a second ([`poll_every`](crate::Worker::poll_every)) is long: a worker in
    /// the same process is told in memory anyway. The hint is sent after the commit, from another connection, and once for
    /// the commits of 10 ms; it may get lost, and then polling finds the effect. Through a pooler that shares sessions
    /// nobody hears it.
    pub fn with_wake_ups(self) -> Self {
        self.configure(|observers| observers.wake_ups = true)
    }

    /// Other names for the library's own tables: a schema, and a prefix instead of `aftercommit_`.
    ///
    /// # Errors
    ///
    /// `BAD_IDENTIFIER`: a name has 1 to 40 lower-case letters, digits and underscores, and does not begin with a digit.
    pub fn with_tables(mut self, schema: Option<&str>, prefix: &str) -> Result<Self> {
        self.tables = Arc::new(Tables::new(schema, prefix)?);
        // What is written there must not be handed to a worker that settles it elsewhere.
        self.station = Arc::default();
        Ok(self)
    }

    /// Makes [`on_commit`](Self::on_commit) without a transaction an error instead of running the hook at once.
    pub fn strict(self) -> Self {
        self.configure(|observers| observers.strict = true)
    }

    /// A handle whose transactions leave one receiver out: for an import, a test, a repair.
    ///
    /// Only sends through the returned handle (and transactions begun with it) are affected.
    pub fn mute(&self, receiver: impl Into<Box<str>>) -> Self {
        let mut muted = self.muted.to_vec();
        muted.push(receiver.into());
        Self {
            muted: muted.into(),
            ..self.clone()
        }
    }

    /// The pool behind this handle, for statements that need no block.
    pub fn pool(&self) -> &Pool<DB> {
        &self.shared.pool
    }

    /// The receivers that hear what is sent through this handle.
    pub fn signals(&self) -> &Signals<DB> {
        &self.signals
    }

    /// Creates what the library keeps in the database itself.
    ///
    /// These are the tables of effects, and on MySQL and MariaDB the table `aftercommit_commits`, in which a commit leaves a
    /// marker so that it can be looked up if the connection is lost during COMMIT. May be called at every start.
    /// [`migration`](Self::migration) has the same as a text, for who creates tables in another way.
    ///
    /// # Errors
    ///
    /// The database's own, such as a missing right to create tables.
    ///
    /// # Cancel safety
    ///
    /// Safe: each statement can be repeated.
    pub async fn migrate(&self) -> Result<()> {
        let mut conn = self.pool().acquire().await?;
        for sql in self.migration() {
            DB::simple(&mut conn, store::own_sql(sql)).await?;
        }
        self.forget_facts();
        Ok(())
    }

    /// The statements that [`migrate`](Self::migrate) runs.
    pub fn migration(&self) -> Vec<String> {
        let own = DB::migrations().iter().map(|sql| (*sql).to_owned());
        let effects = store::effect_text::<DB>(DB::effects().tables, &self.tables, &[]);
        own.chain([effects]).collect()
    }

    /// Runs a block as one: commits if it returns `Ok`, rolls back on `Err` and on panic.
    ///
    /// Hooks and receivers of the committed block have run when this returns. A hook that failed does not
    /// make it an error: use [`atomic_report`](Self::atomic_report) to know.
    ///
    /// # Errors
    ///
    /// The body's own error. Otherwise an [`Error`]: BEGIN failed, the block was [broken](Error::is_broken) by a
    /// failed statement, it was [asked to roll back](Error::is_rolled_back), COMMIT failed, or it is
    /// [not known](Error::is_commit_in_doubt) whether it did.
    ///
    /// # Panics
    ///
    /// Only if the body does; the transaction is rolled back then.
    ///
    /// # Cancel safety
    ///
    /// Dropped before the body has ended: rolled back. Dropped during COMMIT: COMMIT and the hooks go on.
    #[track_caller]
    pub fn atomic<T, E, F>(&self, body: F) -> impl Future<Output = Result<T, E>> + Send
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send,
    {
        self.with(Options::new()).atomic(body)
    }

    /// Like [`atomic`](Self::atomic), and tells what the hooks did.
    ///
    /// # Errors
    ///
    /// As for [`atomic`](Self::atomic).
    ///
    /// # Cancel safety
    ///
    /// As for [`atomic`](Self::atomic).
    #[track_caller]
    pub fn atomic_report<T, E, F>(
        &self,
        body: F,
    ) -> impl Future<Output = Result<Report<T>, E>> + Send
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send,
    {
        self.with(Options::new()).atomic_report(body)
    }

    /// Begins a transaction for code that cannot be a closure. It must be ended with [`Begun::commit`]:
    /// dropped, it rolls back.
    ///
    /// # Errors
    ///
    /// No connection was to be had, or BEGIN failed.
    ///
    /// # Cancel safety
    ///
    /// Safe: a BEGIN that nobody waits for is rolled back.
    #[track_caller]
    pub fn begin(&self) -> impl Future<Output = Result<Begun<DB>>> + Send {
        self.with(Options::new()).begin()
    }

    /// Chooses how the transaction is begun.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> aftercommit::Result<()> {
    /// # use aftercommit::{Db, Options};
    /// # let db: Db<sqlx::Sqlite> = Db::connect("sqlite::memory:").await?;
    /// db.with(Options::new().serializable())
    ///     .retry(3)
    ///     .atomic(async |tx| {
    ///         sqlx::query("SELECT 1").execute(&mut *tx).await?;
    ///         aftercommit::Ok(())
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    pub fn with(&self, options: Options) -> Begin<'_, DB> {
        Begin::new(self, options)
    }

    /// Short for [`with`](Self::with) default options and [`Begin::retry`].
    pub fn retry(&self, times: u32) -> super::Retry<'_, DB> {
        self.with(Options::new()).retry(times)
    }

    /// Runs a hook now, since there is no transaction to wait for.
    ///
    /// It runs on a task of its own, so that it ends even if the caller goes away.
    ///
    /// # Errors
    ///
    /// The hook's own error, and a panic of it as an error with the code `PANICKED`. `NO_TRANSACTION` on a
    /// [strict](Self::strict) handle, and then the hook has not run.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the hook runs to its end.
    #[track_caller]
    pub fn on_commit<F, Fut>(
        &self,
        hook: F,
    ) -> impl Future<Output = Result<()>> + Send + use<F, Fut, DB>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output: HookOutput> + Send + 'static,
    {
        let place = Location::caller();
        let observers = Observers::clone(&self.observers);
        async move {
            if observers.strict {
                return Err(Error::new(Kind::NoTransaction { place }));
            }
            run_now(observers, Hook::new(None, place, hook)).await
        }
    }

    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(crate) fn headers(&self) -> Headers {
        let headers = self.observers.headers.as_ref();
        headers.map(|headers| headers()).unwrap_or_default()
    }

    pub(crate) fn handover(&self) -> &Handover<DB> {
        &self.station.handover
    }

    pub(crate) fn wake(&self) -> &Wake {
        &self.station.wake
    }

    pub(crate) fn publish(&self, live: Option<Live<DB>>) {
        self.station.handover.publish(live);
    }

    /// `false`: a worker is at it already.
    pub(crate) fn begin_delivering(&self) -> bool {
        !self.station.delivering.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn end_delivering(&self) {
        self.station.delivering.store(false, Ordering::Release);
    }

    pub(crate) fn configure(mut self, change: impl FnOnce(&mut Observers)) -> Self {
        change(Arc::make_mut(&mut self.observers));
        self
    }

    pub(crate) fn observers(&self) -> &Observers {
        &self.observers
    }

    pub(crate) fn is_muted(&self, receiver: &str) -> bool {
        self.muted.iter().any(|muted| **muted == *receiver)
    }

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

impl<DB: Dialect> Clone for Db<DB> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            observers: Arc::clone(&self.observers),
            signals: self.signals.clone(),
            muted: Arc::clone(&self.muted),
            tables: Arc::clone(&self.tables),
            station: Arc::clone(&self.station),
        }
    }
}

impl<DB: Dialect> fmt::Debug for Db<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the pool: its connect options may show a password.
        f.debug_struct("Db")
            .field("database", &DB::NAME)
            .field("settings", &self.observers)
            .field("muted", &self.muted)
            .finish_non_exhaustive()
    }
}
