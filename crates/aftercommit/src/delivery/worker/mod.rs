//! A worker: carries out what its desk orders, and tells it what came of it.

mod connections;
mod thread;
mod carry_out;
mod report;
mod rounds;
mod running;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::errand::Errand;
use super::orders::Times;
use super::station::Delivering;
use crate::effect::LONGEST_WORD;
use crate::error::{Error, Kind, Result};
use crate::observe::Event;
use crate::signal::Post;
use crate::store::{Dialect, Outbox};
use crate::transaction::Db;

pub use running::{Drained, Running};

pub(super) use connections::Connections;
pub(super) use report::Report;

use connections::max_transactions;
use rounds::AtWork;

/// Delivers the effects of the durable receivers that are connected to a [`Db`].
///
/// One in the process of the service is enough to begin with: what the service commits is then handed over in memory. Any
/// number of processes may have one; a process that has none only writes effects.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main]
/// # async fn main() -> aftercommit::Result<()> {
/// use aftercommit::{Db, Result, Signals, Worker};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Registered { email: String }
///
/// let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
/// let signals = Signals::new().durable("welcome", move |registered: aftercommit::Delivery<Registered>| {
///     let told = told.clone();
///     async move { told.send(registered.email.clone()) }
/// });
/// let db: Db<sqlx::Sqlite> = Db::connect("sqlite::memory:").await?.with_signals(signals);
/// db.migrate().await?;
/// let worker = Worker::new(&db).start().await?;
///
/// db.send(Registered { email: "ada@example.org".into() }).await?;
///
/// assert_eq!(heard.recv().await.as_deref(), Some("ada@example.org"));
/// worker.drain().await;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
#[must_use = "nothing is delivered until `start` is called"]
pub struct Worker<DB: Dialect> {
    db: Db<DB>,
    name: String,
    times: Times,
}

impl<DB: Dialect> Worker<DB> {
    /// A worker with settings that suit a service.
    pub fn new(db: &Db<DB>) -> Self {
        Self {
            db: db.clone(),
            name: format!("{}@{}", env!("CARGO_PKG_NAME"), std::process::id()),
            times: Times {
                lease: Duration::from_secs(20),
                beat: Duration::from_secs(4),
                poll: Duration::from_secs(1),
                rescue: Duration::from_secs(4),
                grace: Duration::from_secs(25),
            },
        }
    }

    /// A name for operators, of at most 190 bytes. It need not be unique.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How often it looks for effects that nobody told it of: those of other processes, and those that are due. 1 s unless set.
    pub fn poll_every(mut self, poll: Duration) -> Self {
        self.times.poll = poll;
        self
    }

    /// After how long without a sign of life it is taken for dead. 20 s unless set; it gives a sign five times as often.
    ///
    /// It is looked for as often, so an effect of a process that died is taken over within 1.2 times this.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.times.lease = lease;
        self.times.beat = lease / 5;
        self.times.rescue = lease / 5;
        self
    }

    /// How long it finishes what is running when it [drains](Running::drain). 25 s unless set.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.times.grace = grace;
        self
    }

    /// Starts it, on a thread and on connections of its own.
    ///
    /// The worker opens up to three connections beside the pool (four with [wake-ups](Db::with_wake_ups)), with the options and the
    /// hooks of the pool: one for its heartbeat, and two for claims, settling and the rest. Requests and handlers never wait for
    /// the worker, nor the worker for them. A database in memory, or an SQLite file that one session has locked for itself, has room for
    /// one pool: there the worker shares the pool and the runtime of the application.
    ///
    /// Handlers run on the runtime that `start` is called on. Handlers in a transaction take connections of the pool: at most as many
    /// run at the same time as the pool has connections, less two. [`Event::WorkerStarted`] says how many that is.
    ///
    /// The worker drains by itself when the pool is closed or the runtime ends.
    ///
    /// # Errors
    ///
    /// `SCHEMA_MISSING` or `SCHEMA_VERSION`: run [`Db::migrate`]. `BAD_SETTING` for times or a name that cannot work, and for a pool of
    /// one or two connections if a receiver runs in a transaction. `WORKER_RUNNING` if
    /// this handle has one already, or one that has not left yet. Those of the database.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it returns, no worker stays.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub async fn start(self) -> Result<Running> {
        self.check()?;
        let Some(delivering) = Delivering::begin(self.db.station()) else {
            return Err(Error::new(Kind::WorkerRunning));
        };
        let shared = Outbox::new(self.db.clone()).has_one_session().await?;
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = oneshot::channel();
        let (tell, ended) = oneshot::channel();
        let db = self.db.clone();
        let told = move |error| {
            let what = "work";
            let error = &error;
            db.observers()
                .observe(&Event::WorkerTrouble { what, error });
        };
        let application = Handle::current();
        let handlers = application.clone();
        let work = move || async move {
            let work = match self.begin(shared, delivering, handlers).await {
                Ok(work) => work,
                Err(error) => {
                    let _: Result<_, _> = ready.send(Err(error));
                    return;
                }
            };
            if ready.send(Ok(())).is_ok() {
                let tally = work.run(stopped).await;
                let _: Result<_, _> = tell.send(tally);
            }
        };
        if shared {
            thread::beside_the_handlers(&application, work, told);
        } else {
            thread::on_its_own(work, told)?;
        }
        match started.await {
            Ok(Ok(())) => Ok(Running {
                stop: Some(stop),
                ended,
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error::new(Kind::RuntimeGone {
                what: "the worker was started",
                after: None,
            })),
        }
    }

    /// Where it will run.
    async fn begin(
        self,
        shared: bool,
        delivering: Delivering,
        handlers: Handle,
    ) -> Result<AtWork<DB>> {
        let application = self.db.pool();
        let connections = if shared {
            Connections::shared(application)
        } else {
            Connections::of_its_own(application)
        };
        let outbox = Outbox::on(self.db.clone(), connections.work.clone());
        super::schema::check(&outbox).await?;
        let connected = application.options().get_max_connections();
        let max_transactions = max_transactions(connected, shared);
        let posts = self.db.signals().posts();
        let waits = |post: &Post<DB>| post.manner.in_transaction && post.handler.is_some();
        if max_transactions == 0 && posts.iter().any(waits) {
            return Err(rounds::too_small_a_pool());
        }
        self.db
            .observers()
            .observe(&Event::WorkerStarted { max_transactions });
        let errand = Errand {
            outbox,
            heartbeat: Outbox::on(self.db.clone(), connections.heartbeat.clone()),
            connections,
            runtime: Handle::current(),
            name: self.name.into(),
            lease: self.times.lease,
            began: Instant::now(),
            reasons: Mutex::default(),
        };
        Ok(AtWork::new(
            delivering,
            self.times,
            errand,
            handlers,
            max_transactions,
        ))
    }

    fn check(&self) -> Result<()> {
        let times = &self.times;
        let wrong = if times.lease < Duration::from_millis(500) {
            Some((
                "lease",
                "at least 500 ms, or a slow answer of the database looks like death",
            ))
        } else if times.poll.is_zero() {
            Some((
                "poll_every",
                "longer than nothing, or it keeps the database busy with asking",
            ))
        } else if self.name.len() > LONGEST_WORD || self.name.contains(char::is_control) {
            Some((
                "name",
                "at most 190 bytes without control characters, because it is kept in the database",
            ))
        } else {
            None
        };
        match wrong {
            None => Ok(()),
            Some((setting, must_be)) => Err(Error::new(Kind::BadSetting { setting, must_be })),
        }
    }
}
