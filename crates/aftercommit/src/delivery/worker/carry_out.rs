//! From an order to the errand that carries it out, on a task of its own.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc::UnboundedSender;

use super::Report;
use super::rounds::AtWork;
use crate::delivery::lifecycle::Ended;
use crate::delivery::orders::Order;
use crate::delivery::{Lease, Leased};
use crate::signal::Post;
use crate::store::Dialect;

impl<DB: Dialect> AtWork<DB> {
    pub(super) fn carry_out(&mut self, order: Order, now: Duration) {
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
            Order::Rescue { worker, uncounted } => {
                self.spawn(Report::Rescued(None), async move {
                    errand.rescue(worker, uncounted).await
                });
            }
            Order::Maintain => {
                let failed = Report::Maintained {
                    paused: None,
                    moved: false,
                };
                self.spawn(failed, async move { errand.maintain().await });
            }
            Order::Compare { worker } => {
                self.spawn(Report::Over, async move { errand.compare(worker).await });
            }
            Order::Claim {
                worker,
                receiver,
                search,
            } => {
                let failed = Report::Claimed {
                    receiver: Arc::clone(&receiver),
                    search: search.clone(),
                    found: None,
                };
                self.spawn(failed, async move {
                    errand.claim(worker, receiver, search).await
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
                self.spawn(Report::Over, async move { errand.release(leases).await });
            }
            Order::Park { receiver, keys } => {
                let failed = Report::Parked {
                    receiver: Arc::clone(&receiver),
                    freed: false,
                };
                self.spawn(failed, async move { errand.park(receiver, keys).await });
            }
            Order::Unpark { receiver, key } => {
                self.spawn(
                    Report::Over,
                    async move { errand.unpark(receiver, key).await },
                );
            }
            Order::Finish => {}
        }
    }

    /// Calls the handler, on the runtime of the application.
    fn attempt(&mut self, receiver: Arc<str>, call: Vec<Leased>, noted: bool) {
        let leases: Vec<Lease> = call.iter().map(|leased| leased.lease).collect();
        let all = |how: Ended| Report::Ran {
            receiver: Arc::clone(&receiver),
            ended: leases.iter().map(|lease| (*lease, how.clone())).collect(),
        };
        let failed = all(Ended::Failed("the worker failed while it delivered".into()));
        let answer = self.answer(all(Ended::CutOff));
        let errand = Arc::clone(&self.errand);
        let same = |post: &&Post<DB>| post.name == receiver;
        let Some(post) = self.posts.iter().find(same).cloned() else {
            answer.is(all(Ended::Lost));
            return;
        };
        let work = async move {
            let attempt = AssertUnwindSafe(errand.attempt(post, call, noted));
            answer.is(attempt.catch_unwind().await.unwrap_or(failed));
        };
        self.handlers.spawn_on(work, &self.application);
    }

    /// Runs on a task of its own, and reports in any case.
    pub(super) fn spawn(
        &mut self,
        failed: Report,
        work: impl Future<Output = Report> + Send + 'static,
    ) {
        let answer = self.answer(failed);
        self.tasks.spawn(async move {
            if let Ok(report) = AssertUnwindSafe(work).catch_unwind().await {
                answer.is(report);
            }
        });
    }

    fn answer(&self, unless_told: Report) -> Answer {
        Answer(Some(unless_told), self.reports.clone())
    }
}

/// What came of an order, told when this is dropped: a task may go with its runtime.
struct Answer(Option<Report>, UnboundedSender<Report>);

impl Answer {
    fn is(mut self, report: Report) {
        self.0 = Some(report);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(report) = self.0.take() {
            // Nobody listens any more when the worker has ended.
            let _: Result<_, _> = self.1.send(report);
        }
    }
}
