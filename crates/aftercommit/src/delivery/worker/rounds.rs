//! The rounds of a worker: hear what came of things, ask the desk, carry out its orders.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::{Report, thread};
use crate::delivery::Live;
use crate::delivery::desk::Desk;
use crate::delivery::errand::Errand;
use crate::delivery::orders::{Order, Tally, Times};
use crate::delivery::station::Delivering;
use crate::delivery::wake;
use crate::error::{Error, Kind};
use crate::observe::Event;
use crate::signal::Post;
use crate::store::Dialect;
use crate::transaction::Db;

/// How long handlers that are cut off have to let go of what they hold. One that blocks its thread does not hear of it.
const CUT_OFF: Duration = Duration::from_secs(1);

/// A worker at its work.
pub(super) struct AtWork<DB: Dialect> {
    db: Db<DB>,
    delivering: Delivering,
    desk: Desk,
    pub(super) errand: Arc<Errand<DB>>,
    pub(super) reports: UnboundedSender<Report>,
    inbox: UnboundedReceiver<Report>,
    pub(super) posts: Vec<Post<DB>>,
    /// On the runtime of the worker.
    pub(super) tasks: JoinSet<()>,
    /// On that of the application.
    pub(super) handlers: JoinSet<()>,
    pub(super) application: Handle,
    max_transactions: usize,
    welcome: Option<(i64, Vec<Arc<str>>)>,
}

impl<DB: Dialect> AtWork<DB> {
    pub(super) fn new(
        delivering: Delivering,
        times: Times,
        errand: Errand<DB>,
        application: Handle,
        max_transactions: usize,
    ) -> Self {
        let (reports, inbox) = unbounded_channel();
        Self {
            db: errand.outbox.db.clone(),
            delivering,
            desk: Desk::new(times).with_transactions(max_transactions),
            errand: Arc::new(errand),
            reports,
            inbox,
            posts: Vec::new(),
            tasks: JoinSet::new(),
            handlers: JoinSet::new(),
            application,
            max_transactions,
            welcome: None,
        }
    }

    pub(super) async fn run(mut self, mut stopped: oneshot::Receiver<()>) -> Tally {
        let mut draining = false;
        let listen = wake::listen(
            self.db.clone(),
            self.errand.connections.listen.clone(),
            self.reports.clone(),
        );
        self.tasks.spawn(listen);
        let mut closed = std::pin::pin!(self.db.pool().close_event());
        let mut gone = thread::end_of(&self.application);
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
                () = async {
                    // Without its pool, or its runtime, no handler of the application can work.
                    tokio::select! {
                        _ = &mut stopped => {}
                        _ = &mut gone => {}
                        () = &mut closed => {}
                    }
                }, if !draining => {
                    draining = true;
                    self.desk.drain(self.now());
                }
                report = self.inbox.recv() => self.hear(report),
                () = until(wake) => {}
            }
            while self.tasks.try_join_next().is_some() {}
            while self.handlers.try_join_next().is_some() {}
        }
        self.delivering.publish(None);
        // What is still running is cut off here; its effects go back to everybody.
        self.handlers.abort_all();
        let let_go = async { while self.handlers.join_next().await.is_some() {} };
        let _: Result<_, _> = tokio::time::timeout(CUT_OFF, let_go).await;
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
        if let Some(worker) = self.desk.identity() {
            self.errand.leave(worker, self.desk.cut_off()).await;
        }
        let closed = self.errand.connections.close();
        let _: Result<_, _> = tokio::time::timeout(CUT_OFF, closed).await;
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
        let waits = |post: &Post<DB>| post.manner.in_transaction && post.handler.is_some();
        if self.max_transactions == 0 && posts.iter().any(waits) {
            self.db.observers().observe(&Event::WorkerTrouble {
                what: "serve",
                error: &too_small_a_pool(),
            });
        }
        self.posts = posts;
    }

    fn publish(&mut self) {
        let welcome = self.desk.welcomes(self.now());
        if welcome == self.welcome {
            return;
        }
        self.welcome.clone_from(&welcome);
        self.delivering
            .publish(welcome.map(|(worker, receivers)| Live {
                worker,
                receivers,
                reports: self.reports.clone(),
            }));
    }

    fn hear(&mut self, report: Option<Report>) {
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

    fn take(&mut self, report: Report) {
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
                let strange = owned.map_or_else(Vec::new, |owned| self.desk.compared(owned, now));
                let errand = Arc::clone(&self.errand);
                if !strange.is_empty() {
                    self.spawn(Report::Over, async move { errand.disown(strange).await });
                }
            }
            Report::Claimed {
                receiver,
                search,
                found,
            } => self.desk.claimed(&receiver, &search, found),
            Report::Parked { receiver, freed } => self.desk.parked(&receiver, freed),
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
            Report::Over => {}
        }
    }
}

/// Of a pool that leaves no connection to handlers in a transaction.
pub(super) fn too_small_a_pool() -> Error {
    Error::new(Kind::BadSetting {
        setting: "max_connections",
        must_be: "at least 3 in the pool of the `Db`, because handlers in a transaction take its connections and leave two",
    })
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
