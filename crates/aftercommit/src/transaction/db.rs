//! The handle to a database: where blocks begin.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use sqlx::Pool;
use sqlx::pool::PoolOptions;

use super::shared::Shared;
use super::{AsyncBlock, Begin, Begun, Options, Tx};
use crate::commit::{Hook, IntoResult, Report, run_now};
use crate::delivery::Station;
use crate::effect::Headers;
use crate::error::{Error, Kind, Result};
use crate::observe::{Event, Observers};
use crate::signal::Signals;
use crate::store::{self, Dialect, Tables};

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
    pub(super) parts: Arc<Parts<DB>>,
}

/// What a handle is made of. Behind one pointer, because a transaction keeps several clones of its handle.
pub(super) struct Parts<DB: Dialect> {
    pub(super) shared: Arc<Shared<DB>>,
    pub(super) observers: Arc<Observers>,
    signals: Signals<DB>,
    muted: Arc<[Box<str>]>,
    pub(super) tables: Arc<Tables>,
    pub(super) station: Arc<Station>,
}

impl<DB: Dialect> Db<DB> {
    /// Wraps a pool and changes none of its settings.
    ///
    /// Effects are written with their payloads in the text of the statement, and sqlx logs texts of statements: all at debug level,
    /// slow ones as warnings. The library keeps these from listeners of `tracing`, except on SQLite, whose statements are
    /// logged by a thread of their own, and from the `log` crate not at all: if payloads are secrets, connect with
    /// [`disable_statement_logging`](sqlx::ConnectOptions::disable_statement_logging). A server logs the text of a statement that
    /// fails, or is slow, as it is configured to.
    pub fn new(pool: Pool<DB>) -> Self {
        let parts = Arc::new(Parts {
            shared: Arc::new(Shared::new(pool)),
            observers: Arc::default(),
            signals: Signals::new(),
            muted: Arc::default(),
            tables: Arc::default(),
            station: Arc::default(),
        });
        Self { parts }
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
    pub fn with_signals(self, signals: Signals<DB>) -> Self {
        self.changed(|parts| parts.signals = signals)
    }

    /// A handle whose transactions leave one receiver out: for an import, a test, a repair.
    ///
    /// Only sends through the returned handle (and transactions begun with it) are affected. Connect receivers first: a name that
    /// nobody has is told with [`Event::MutedNobody`].
    pub fn mute(&self, receiver: impl Into<Box<str>>) -> Self {
        let receiver = receiver.into();
        self.warn_of_unknown(&receiver);
        self.clone().changed(|parts| {
            let mut muted = parts.muted.to_vec();
            muted.push(receiver);
            parts.muted = muted.into();
        })
    }

    pub(super) fn changed(mut self, change: impl FnOnce(&mut Parts<DB>)) -> Self {
        change(Arc::make_mut(&mut self.parts));
        self
    }

    /// The pool behind this handle, for statements that need no block.
    pub fn pool(&self) -> &Pool<DB> {
        &self.parts.shared.pool
    }

    /// The receivers that hear what is sent through this handle.
    pub fn signals(&self) -> &Signals<DB> {
        &self.parts.signals
    }

    /// Creates what the library keeps in the database itself.
    ///
    /// These are the tables of effects, and on MySQL and MariaDB the table `aftercommit_markers`, in which a commit leaves a
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
        self.forget_server();
        Ok(())
    }

    /// The statements that [`migrate`](Self::migrate) runs.
    pub fn migration(&self) -> Vec<String> {
        let own = DB::migrations().iter().map(|sql| (*sql).to_owned());
        let effects = store::effect_text::<DB>(DB::effects().tables, &self.parts.tables, &[]);
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
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
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
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
    {
        self.with(Options::new()).atomic_report(body)
    }

    /// Begins a transaction for code that cannot be a closure. It must be ended with [`Begun::commit`]:
    /// dropped, it rolls back.
    ///
    /// # Errors
    ///
    /// `OPTION_UNSUPPORTED`. Nothing is sent yet: the first statement takes a connection and begins, and fails if either does.
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
        Fut: Future<Output: IntoResult<Value = ()>> + Send + 'static,
    {
        let place = Location::caller();
        let observers = Observers::clone(&self.parts.observers);
        async move {
            if observers.strict {
                return Err(Error::new(Kind::NoTransaction { place }));
            }
            run_now(observers, Hook::new(None, place, hook)).await
        }
    }

    /// Whether both were made from one [`Db`], whatever their settings.
    #[cfg(feature = "axum")]
    pub(crate) fn shares_pool_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.parts.shared, &other.parts.shared)
    }

    pub(crate) fn station(&self) -> &Arc<Station> {
        &self.parts.station
    }

    pub(crate) fn tables(&self) -> &Tables {
        &self.parts.tables
    }

    pub(crate) fn headers(&self) -> Headers {
        let headers = self.parts.observers.headers.as_ref();
        headers.map(|headers| headers()).unwrap_or_default()
    }

    pub(crate) fn observers(&self) -> &Observers {
        &self.parts.observers
    }

    /// Says so if no receiver has this name.
    pub(crate) fn warn_of_unknown(&self, receiver: &str) {
        if !self.parts.signals.knows(receiver) {
            self.parts
                .observers
                .observe(&Event::MutedNobody { receiver });
        }
    }

    pub(crate) fn is_muted(&self, receiver: &str) -> bool {
        self.parts.muted.iter().any(|muted| **muted == *receiver)
    }
}

impl<DB: Dialect> Clone for Db<DB> {
    fn clone(&self) -> Self {
        Self {
            parts: Arc::clone(&self.parts),
        }
    }
}

impl<DB: Dialect> Clone for Parts<DB> {
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
            .field("settings", &self.parts.observers)
            .field("muted", &self.parts.muted)
            .finish_non_exhaustive()
    }
}
