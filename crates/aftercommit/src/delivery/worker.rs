//! A worker: carries out what its desk orders, and tells it what came of it.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::desk::Desk;
use super::errand::Errand;
use super::handover::Live;
use super::lifecycle::{Ended, Next};
use super::orders::{Order, Tally, Times};
use super::{Lease, Leased};
use crate::effect::LONGEST_WORD;
use crate::error::{Error, Kind, Result};
use crate::observe::Event;
use crate::signal::Post;
use crate::store::{Dialect, Outbox};
use crate::transaction::Db;

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

    /// Starts it on tasks of its own.
    ///
    /// # Errors
    ///
    /// `SCHEMA_MISSING` or `SCHEMA_VERSION`: run [`Db::migrate`]. `BAD_SETTING` for times or a name that cannot work. `WORKER_RUNNING` if
    /// this handle has one already. Those of the database.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it returns, no worker was started.
    pub async fn start(self) -> Result<Running> {
        self.check()?;
        let outbox = Arc::new(Outbox {
            db: self.db.clone(),
        });
        super::schema::check(&outbox).await?;
        let Some(delivering) = Delivering::begin(&self.db) else {
            return Err(Error::new(Kind::WorkerRunning));
        };
        let (stop, stopped) = oneshot::channel();
        let (reports, inbox) = unbounded_channel();
        let errand = Errand {
            outbox,
            name: self.name.into(),
            lease: self.times.lease,
            began: Instant::now(),
        };
        let at_work = AtWork {
            db: self.db,
            _delivering: delivering,
            desk: Desk::new(self.times),
            errand: Arc::new(errand),
            reports,
            inbox,
            posts: Vec::new(),
            tasks: JoinSet::new(),
            welcome: None,
        };
        let task = tokio::spawn(at_work.run(stopped));
        Ok(Running {
            stop: Some(stop),
            task,
        })
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

/// A worker that is running. Dropped, it drains in the background.
#[derive(Debug)]
#[must_use = "a worker that is dropped drains"]
pub struct Running {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Tally>,
}

/// What a worker had done when it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drained {
    /// Effects that were delivered.
    pub delivered: u64,
    /// Attempts after which the effect waits for another one.
    pub put_off: u64,
    /// Effects that are among the dead letters.
    pub died: u64,
    /// Answers that came too late: the effect had been given to somebody else.
    pub lost: u64,
}

impl Running {
    /// Stops it: nothing new is begun, what is running is finished within the grace, and the leases of the rest are given
    /// back at once.
    ///
    /// # Cancel safety
    ///
    /// Once called it goes on to its end.
    pub async fn drain(mut self) -> Drained {
        drop(self.stop.take());
        let tally = (&mut self.task).await.unwrap_or_default();
        Drained {
            delivered: tally.delivered,
            put_off: tally.put_off,
            died: tally.died,
            lost: tally.lost,
        }
    }
}

/// What came of an order.
pub(crate) enum Report<DB: Dialect> {
    HandedOver(Vec<Leased>),
    /// There may be something to claim, for these receivers if that is known.
    Woken(Option<Vec<Arc<str>>>),
    Registered {
        worker: Option<i64>,
        sent: Duration,
    },
    Beaten {
        known: Option<bool>,
        sent: Duration,
    },
    Rescued(Option<u64>),
    Maintained {
        paused: Option<Vec<String>>,
        moved: bool,
    },
    Compared {
        owned: Vec<Lease>,
    },
    Claimed {
        receiver: Arc<str>,
        taken: Option<Vec<Leased>>,
        limit: usize,
    },
    Ran {
        receiver: Arc<str>,
        ended: Vec<(Lease, Ended)>,
    },
    Settled {
        leases: Vec<Lease>,
        settled: Option<u64>,
    },
    Written {
        leased: Leased,
        next: Next,
        written: Option<bool>,
    },
    /// Nothing to tell.
    Over(std::marker::PhantomData<fn(DB)>),
}

/// The place of the one worker of a handle. It is free again however the worker ends: with its runtime, too.
struct Delivering<DB: Dialect>(Db<DB>);

impl<DB: Dialect> Delivering<DB> {
    fn begin(db: &Db<DB>) -> Option<Self> {
        db.begin_delivering().then(|| Self(db.clone()))
    }
}

impl<DB: Dialect> Drop for Delivering<DB> {
    fn drop(&mut self) {
        self.0.publish(None);
        self.0.end_delivering();
    }
}

struct AtWork<DB: Dialect> {
    db: Db<DB>,
    _delivering: Delivering<DB>,
    desk: Desk,
    errand: Arc<Errand<DB>>,
    reports: UnboundedSender<Report<DB>>,
    inbox: UnboundedReceiver<Report<DB>>,
    posts: Vec<Post<DB>>,
    tasks: JoinSet<()>,
    welcome: Option<(i64, Vec<Arc<str>>)>,
}

impl<DB: Dialect> AtWork<DB> {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) -> Tally {
        let mut draining = false;
        self.tasks
            .spawn(super::wake::listen(self.db.clone(), self.reports.clone()));
        loop {
            self.serve();
            let now = self.now();
            let mut finished = false;
            for order in self.desk.orders(now) {
                finished |= matches!(order, Order::Finish);
                self.carry_out(order, now);
            }
            self.publish();
            if finished {
                break;
            }
            let wake = self.errand.began.checked_add(self.desk.wake_at(now));
            tokio::select! {
                biased;
                // First, or it would not be heard for as long as there is always something else.
                _ = &mut stopped, if !draining => {
                    draining = true;
                    self.desk.drain(self.now());
                }
                report = self.inbox.recv() => self.hear(report),
                () = until(wake) => {}
            }
            while self.tasks.try_join_next().is_some() {}
        }
        self.db.publish(None);
        // What is still running is cut off here; its effects go back to everybody.
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
        if let Some(worker) = self.desk.identity() {
            self.errand.leave(worker, self.desk.cut_off()).await;
        }
        self.desk.tally
    }

    fn now(&self) -> Duration {
        self.errand.began.elapsed()
    }

    /// Receivers may be connected and disconnected while it runs.
    fn serve(&mut self) {
        let posts = self.db.signals().posts();
        let same =
            posts.len() == self.posts.len() && posts.iter().zip(&self.posts).all(|(a, b)| a.is(b));
        if same {
            return;
        }
        let here = posts.iter().filter(|post| post.handler.is_some());
        self.desk
            .serve(here.map(|post| (Arc::clone(&post.name), post.manner.clone())));
        self.posts = posts;
    }

    fn publish(&mut self) {
        let welcome = self.desk.welcomes(self.now());
        if welcome == self.welcome {
            return;
        }
        self.welcome.clone_from(&welcome);
        self.db.publish(welcome.map(|(worker, receivers)| Live {
            worker,
            receivers,
            reports: self.reports.clone(),
        }));
    }

    fn carry_out(&mut self, order: Order, now: Duration) {
        let errand = Arc::clone(&self.errand);
        match order {
            Order::Register => {
                let failed = Report::Registered {
                    worker: None,
                    sent: now,
                };
                self.spawn(failed, async move { errand.register(now).await });
            }
            Order::Beat { worker } => {
                let failed = Report::Beaten {
                    known: None,
                    sent: now,
                };
                self.spawn(failed, async move { errand.beat(worker, now).await });
            }
            Order::Rescue { worker } => {
                self.spawn(
                    Report::Rescued(None),
                    async move { errand.rescue(worker).await },
                );
            }
            Order::Maintain => {
                let failed = Report::Maintained {
                    paused: None,
                    moved: false,
                };
                self.spawn(failed, async move { errand.maintain().await });
            }
            Order::Compare { worker } => {
                self.spawn(over(), async move { errand.compare(worker).await });
            }
            Order::Claim {
                worker,
                receiver,
                low,
                limit,
            } => {
                let failed = Report::Claimed {
                    receiver: Arc::clone(&receiver),
                    taken: None,
                    limit,
                };
                self.spawn(failed, async move {
                    errand.claim(worker, receiver, low, limit).await
                });
            }
            Order::Run {
                receiver,
                call,
                noted,
            } => self.attempt(receiver, call, noted),
            Order::Settle { leases } => {
                let failed = Report::Settled {
                    leases: leases.clone(),
                    settled: None,
                };
                self.spawn(failed, async move { errand.settle(leases).await });
            }
            Order::Write { leased, next } => {
                let failed = Report::Written {
                    leased: leased.clone(),
                    next: next.clone(),
                    written: None,
                };
                self.spawn(failed, async move { errand.write(leased, next).await });
            }
            Order::Release { leases } => {
                self.spawn(over(), async move { errand.release(leases).await });
            }
            Order::Unpark { receiver, key } => {
                self.spawn(over(), async move { errand.unpark(receiver, key).await });
            }
            Order::Finish => {}
        }
    }

    fn attempt(&mut self, receiver: Arc<str>, call: Vec<Leased>, noted: bool) {
        let leases: Vec<Lease> = call.iter().map(|leased| leased.lease).collect();
        let ended = |how: Ended| leases.iter().map(|lease| (*lease, how.clone())).collect();
        let failed = Report::Ran {
            receiver: Arc::clone(&receiver),
            ended: ended(Ended::Failed("the worker failed while it delivered".into())),
        };
        let errand = Arc::clone(&self.errand);
        let post = self
            .posts
            .iter()
            .find(|post| post.name == receiver)
            .cloned();
        self.spawn(failed, async move {
            match post {
                Some(post) => errand.attempt(post, call, noted).await,
                None => Report::Ran {
                    receiver,
                    ended: call
                        .iter()
                        .map(|leased| (leased.lease, Ended::Lost))
                        .collect(),
                },
            }
        });
    }

    /// Runs on a task of its own, and reports in any case.
    fn spawn(
        &mut self,
        failed: Report<DB>,
        work: impl Future<Output = Report<DB>> + Send + 'static,
    ) {
        let reports = self.reports.clone();
        self.tasks.spawn(async move {
            let report = AssertUnwindSafe(work)
                .catch_unwind()
                .await
                .unwrap_or(failed);
            // Nobody listens any more when the worker has ended.
            let _: Result<_, _> = reports.send(report);
        });
    }

    fn hear(&mut self, report: Option<Report<DB>>) {
        // Many reports, one round of orders.
        let mut next = report;
        for _ in 0..256 {
            let Some(report) = next else {
                break;
            };
            self.take(report);
            next = self.inbox.try_recv().ok();
        }
        if let Some(report) = next {
            self.take(report);
        }
    }

    fn take(&mut self, report: Report<DB>) {
        let now = self.now();
        match report {
            Report::HandedOver(births) => self.desk.handed_over(births),
            Report::Woken(None) => self.desk.woken(),
            Report::Woken(Some(receivers)) => self.desk.woken_for(&receivers),
            Report::Registered { worker, sent } => self.desk.registered(worker, sent, now),
            Report::Beaten { known, sent } => {
                if known == Some(false) {
                    self.db.observers().observe(&Event::WorkerTakenForDead);
                }
                self.desk.beaten(known, sent, now);
            }
            Report::Rescued(rescued) => self.desk.rescued(rescued),
            Report::Maintained { paused, moved } => self.desk.maintained(paused.as_deref(), moved),
            Report::Compared { owned } => {
                let strange = self.desk.compared(owned, now);
                let errand = Arc::clone(&self.errand);
                if !strange.is_empty() {
                    self.spawn(over(), async move { errand.disown(strange).await });
                }
            }
            Report::Claimed {
                receiver,
                taken,
                limit,
            } => self.desk.claimed(&receiver, taken, limit),
            Report::Ran { receiver, ended } => {
                if self.desk.ran(&receiver, ended, now, fastrand::f64()) {
                    self.db.observers().observe(&Event::BreakerOpened {
                        receiver: &receiver,
                    });
                }
            }
            Report::Settled { leases, settled } => self.desk.settled(leases, settled, now),
            Report::Written {
                leased,
                next,
                written,
            } => self.desk.written(leased, next, written, now),
            Report::Over(_) => {}
        }
    }
}

fn over<DB: Dialect>() -> Report<DB> {
    Report::Over(std::marker::PhantomData)
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

impl<DB: Dialect> fmt::Debug for AtWork<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtWork")
            .field("desk", &self.desk)
            .finish_non_exhaustive()
    }
}
