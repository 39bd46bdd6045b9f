//! From an order to the errand that carries it out, on a task of its own.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use super::Report;
use super::rounds::AtWork;
use crate::delivery::lifecycle::Ended;
use crate::delivery::orders::Order;
use crate::delivery::{Lease, Leased};
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
    pub(super) fn spawn(
        &mut self,
        failed: Report,
        work: impl Future<Output = Report> + Send + 'static,
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
}
