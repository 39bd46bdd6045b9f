//! What a worker asks of the database and of its receivers. Each errand ends with a report, whatever happens.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tracing::Instrument;

use super::history::{self, Attempt};
use super::lifecycle::{Ended, Next};
use super::orders::Search;
use super::reason;
use super::worker::{Connections, Report};
use super::{Lease, Leased, Point};
use crate::error::{Error, Result};
use crate::observe::Event;
use crate::signal::Post;
use crate::store::{Dialect, Outbox};

/// The most effects that are moved from one table to another at once.
const MOST_MOVED: i64 = 500;

/// How often a worker that goes tries to give everything back, and the pause between.
const FAREWELLS: u32 = 3;
const BETWEEN: Duration = Duration::from_millis(100);

pub(super) struct Errand<DB: Dialect> {
    /// On connections of the worker.
    pub(super) outbox: Outbox<DB>,
    /// On a connection that nothing else uses.
    pub(super) heartbeat: Outbox<DB>,
    pub(super) connections: Connections<DB>,
    /// The runtime that the connections belong to.
    pub(super) runtime: Handle,
    pub(super) name: Arc<str>,
    pub(super) lease: Duration,
    pub(super) began: Instant,
    /// What handlers said that failed, and the same without words of the payload, until it is written down.
    pub(super) reasons: Mutex<HashMap<Lease, (String, String)>>,
}

impl<DB: Dialect> Errand<DB> {
    /// The answer, if there was one in time; trouble is told.
    async fn asked<T>(
        &self,
        what: &'static str,
        answer: impl Future<Output = Result<T>>,
    ) -> Option<T> {
        let answer = self.within(self.lease, answer).await;
        self.told(what, answer)
    }

    /// A connection may be gone without a word. After the lease an answer does not count any more, so it is not waited for;
    /// what was asked may have been done all the same.
    async fn within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        match tokio::time::timeout(limit, answer).await {
            Ok(answer) => answer,
            Err(_) => {
                let silent = io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the database did not answer in the time that a lease allows",
                );
                Err(Error::from(sqlx::Error::Io(silent)))
            }
        }
    }

    fn told<T>(&self, what: &'static str, answer: Result<T>) -> Option<T> {
        let tell = |error| {
            let observers = self.outbox.db.observers();
            observers.observe(&Event::WorkerTrouble {
                what,
                error: &error,
            });
        };
        answer.map_err(tell).ok()
    }

    async fn reached(&self, point: Point) -> Result<()> {
        self.outbox.db.observers().reached(point).await
    }

    pub(super) async fn register(&self, sent: Duration) -> Report {
        // A number that no worker has had: an old one must not come to life again.
        let worker = fastrand::i64(1..i64::MAX);
        self.connections.follow();
        let answer = self.heartbeat.register(worker, &self.name, self.lease);
        let worker = self.asked("register", answer).await.map(|()| worker);
        Report::Registered { worker, sent }
    }

    pub(super) async fn beat(&self, worker: i64, sent: Duration) -> Report {
        let answer = async {
            self.reached(Point::Extend).await?;
            self.heartbeat.extend(worker).await
        };
        self.connections.follow();
        // There is time for another one, on another connection.
        let answer = self.within(self.lease / 2, answer).await;
        let known = self.told("extend", answer);
        Report::Beaten { known, sent }
    }

    pub(super) async fn rescue(&self, worker: i64, uncounted: Duration) -> Report {
        let answer = async {
            self.reached(Point::Rescue).await?;
            let rescued = self.outbox.rescue(worker, uncounted).await?;
            self.reached(Point::Rescued).await?;
            Ok(rescued)
        };
        let rescued = self.asked("rescue", answer).await;
        if let Some(effects @ 1..) = rescued {
            self.outbox
                .db
                .observers()
                .observe(&Event::Rescued { effects });
        }
        Report::Rescued(rescued)
    }

    pub(super) async fn maintain(&self) -> Report {
        let answer = async {
            let promoted = self.outbox.promote(MOST_MOVED).await?;
            Ok((self.outbox.paused().await?, promoted > 0))
        };
        match self.asked("maintain", answer).await {
            Some((paused, moved)) => Report::Maintained {
                paused: Some(paused),
                moved,
            },
            None => Report::Maintained {
                paused: None,
                moved: false,
            },
        }
    }

    pub(super) async fn compare(&self, worker: i64) -> Report {
        let owned = self.asked("compare", self.outbox.owned(worker)).await;
        // For the case that whoever ended a failure died before it could let the others follow.
        self.asked("unpark", self.outbox.unpark_unblocked(MOST_MOVED))
            .await;
        Report::Compared { owned }
    }

    pub(super) async fn disown(&self, strange: Vec<Lease>) -> Report {
        for lease in strange {
            self.asked("disown", self.outbox.disown(lease)).await;
        }
        Report::Woken(None)
    }

    pub(super) async fn claim(&self, worker: i64, receiver: Arc<str>, search: Search) -> Report {
        let answer = async {
            self.reached(Point::Claim).await?;
            let (found, trouble) = self.outbox.claim(worker, &receiver, &search).await?;
            if let Some(error) = trouble {
                self.told::<()>("claim", Err(error));
            }
            if !found.taken.is_empty() {
                self.reached(Point::Claimed).await?;
            }
            Ok(found)
        };
        let found = self.asked("claim", answer).await;
        Report::Claimed {
            receiver,
            search,
            found,
        }
    }

    /// Notes that an effect is about to be started. It may be called on any runtime.
    async fn note(self: &Arc<Self>, lease: Lease) -> Result<bool> {
        let errand = Arc::clone(self);
        let noted = self.runtime.spawn(async move {
            errand
                .within(errand.lease, errand.outbox.start(lease))
                .await
        });
        // The worker has ended, and its lease with it.
        noted.await.unwrap_or(Ok(false))
    }

    pub(super) async fn attempt(
        self: &Arc<Self>,
        post: Post<DB>,
        call: Vec<Leased>,
        noted: bool,
    ) -> Report {
        let receiver = Arc::clone(&post.name);
        let leases: Vec<Lease> = call.iter().map(|leased| leased.lease).collect();
        let all = |how: Ended| leases.iter().map(|lease| (*lease, how.clone())).collect();
        let (Some(handler), Some(first)) = (&post.handler, call.first()) else {
            return Report::Ran {
                receiver,
                ended: all(Ended::Lost),
            };
        };
        let (lease, attempt) = (first.lease, first.failures + 1);
        if noted {
            match self.note(lease).await {
                Ok(true) => {}
                Ok(false) => {
                    return Report::Ran {
                        receiver,
                        ended: all(Ended::Lost),
                    };
                }
                Err(error) => {
                    let why = format!("its start could not be noted: {error}");
                    self.told::<()>("start", Err(error));
                    return Report::Ran {
                        receiver,
                        ended: all(Ended::Answered(super::Outcome::unavailable(why))),
                    };
                }
            }
        }
        let observers = self.outbox.db.observers();
        // For the reasons of those that fail.
        let sent: Vec<(Lease, u32, String)> = call
            .iter()
            .map(|leased| {
                let payload = if observers.reasons {
                    leased.payload.clone()
                } else {
                    String::new()
                };
                (leased.lease, leased.failures.saturating_add(1), payload)
            })
            .collect();
        let span = tracing::info_span!("delivery", receiver = &*receiver, effect = %lease.id, attempt, effects = call.len());
        let began = Instant::now();
        let delivery = async {
            if let Err(error) = self.reached(Point::Attempt).await {
                return all(Ended::Failed(error.to_string()));
            }
            if let Err(error) = self.outbox.db.observers().before(Some(&receiver)) {
                return all(Ended::Failed(error.to_string()));
            }
            handler.run(&self.outbox, &post.manner, call).await
        };
        let ended: Vec<(Lease, Ended)> = delivery.instrument(span).await;
        let took = began.elapsed();
        for (lease, ended) in &ended {
            let sent = sent.iter().find(|(sent, ..)| sent == lease);
            let reason = sent
                .filter(|_| observers.reasons)
                .and_then(|(.., payload)| reason::of_attempt(ended, payload));
            if let (Some(said), Some(told)) = (reason::said(ended), &reason) {
                let told = (said.to_owned(), told.clone());
                self.reasons().insert(*lease, told);
            }
            let event = Event::Attempted {
                receiver: &receiver,
                effect: lease.id,
                attempt: sent.map_or(attempt, |(_, attempt, _)| *attempt),
                outcome: word(ended),
                reason: reason.as_deref(),
                took,
            };
            observers.observe(&event);
        }
        if let Err(error) = self.reached(Point::Attempted).await {
            self.told::<()>("attempt", Err(error));
        }
        Report::Ran { receiver, ended }
    }

    pub(super) async fn settle(&self, leases: Vec<Lease>) -> Report {
        let answer = async {
            self.reached(Point::Settle).await?;
            let settled = self.outbox.settle(&leases).await?;
            self.reached(Point::Settled).await?;
            Ok(settled)
        };
        let settled = self.asked("settle", answer).await;
        self.tell_lost(leases.len() as u64, settled);
        Report::Settled { leases, settled }
    }

    pub(super) async fn write(&self, leased: Leased, next: Next) -> Report {
        let answer = async {
            self.reached(Point::PutOff).await?;
            let written = self.put(&leased, &next).await?;
            self.reached(Point::WasPutOff).await?;
            Ok(written)
        };
        let written = self.asked("settle", answer).await;
        // Without an answer it is written again.
        let told = written.and_then(|_| self.reasons().remove(&leased.lease));
        if let (Some(true), Next::Dead { why }) = (written, &next) {
            let observers = self.outbox.db.observers();
            let reason = observers.reasons.then(|| match told {
                Some((said, told)) => why.replace(&said, &told),
                None => why.clone(),
            });
            let event = Event::DeadLetter {
                receiver: &leased.receiver,
                effect: leased.lease.id,
                attempts: leased.failures.saturating_add(1),
                reason: reason.as_deref(),
            };
            observers.observe(&event);
        }
        self.tell_lost(1, written.map(u64::from));
        Report::Written {
            leased,
            next,
            written,
        }
    }

    async fn put(&self, leased: &Leased, next: &Next) -> Result<bool> {
        let at = self.outbox.clock().await?;
        let past = |number, error: &str| {
            let attempt = Attempt {
                at,
                number,
                worker: self.name.to_string(),
                error: error.to_owned(),
            };
            Some(history::extended(leased.history.as_deref(), attempt))
        };
        let number = leased.failures.saturating_add(1);
        match next {
            Next::Wait { after, why, counts } => {
                let failures = if *counts { number } else { leased.failures };
                self.outbox
                    .wait(leased.lease, *after, failures, past(number, why))
                    .await
            }
            Next::Dead { why } => {
                let clean = history::clean(why);
                self.outbox
                    .bury(leased.lease, clean, number, past(number, why))
                    .await
            }
            Next::Done | Next::Nothing => Ok(true),
        }
    }

    fn reasons(&self) -> MutexGuard<'_, HashMap<Lease, (String, String)>> {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_lost(&self, wanted: u64, had: Option<u64>) {
        if let Some(effects @ 1..) = had.map(|had| wanted.saturating_sub(had)) {
            self.outbox
                .db
                .observers()
                .observe(&Event::LeasesLost { effects });
        }
    }

    pub(super) async fn release(&self, leases: Vec<Lease>) -> Report {
        // What could not be given back is found by the next comparison.
        self.asked("release", self.outbox.release(&leases)).await;
        Report::Over
    }

    pub(super) async fn park(&self, receiver: Arc<str>, keys: Vec<String>) -> Report {
        let mut freed = false;
        for key in keys {
            let answer = async {
                let parked = self.outbox.park(&receiver, &key, MOST_MOVED).await?;
                if parked == 0 {
                    return Ok(0);
                }
                // What they were parked behind may have ended meanwhile, and whoever ended it did not see them.
                self.outbox.unpark(&receiver, &key, MOST_MOVED).await
            };
            freed |= self
                .asked("park", answer)
                .await
                .is_some_and(|freed| freed > 0);
        }
        Report::Parked { receiver, freed }
    }

    pub(super) async fn unpark(&self, receiver: Arc<str>, key: String) -> Report {
        let answer = self.outbox.unpark(&receiver, &key, MOST_MOVED);
        match self.asked("unpark", answer).await {
            Some(1..) => Report::Woken(Some(vec![receiver])),
            _ => Report::Over,
        }
    }

    /// Gives all leases back, and the identity.
    pub(super) async fn leave(&self, worker: i64, cut_off: Vec<Leased>) {
        for leased in cut_off {
            self.write(leased, Next::cut_off()).await;
        }
        // What was cut off a moment ago may still hold its locks.
        for _ in 0..FAREWELLS {
            let answer = async {
                self.outbox.release_all(worker).await?;
                self.outbox.resign(worker).await
            };
            if self.asked("leave", answer).await.is_some() {
                return;
            }
            tokio::time::sleep(BETWEEN).await;
        }
        // The lease ends by itself.
    }
}

fn word(ended: &Ended) -> &'static str {
    use super::Outcome;
    match ended {
        Ended::Answered(Outcome::Done) | Ended::Settled => "done",
        Ended::Answered(Outcome::RetryAfter(_)) => "retry_after",
        Ended::Answered(Outcome::Discard(_)) => "discarded",
        Ended::Answered(Outcome::Unavailable(_)) => "unavailable",
        Ended::Failed(_) => "failed",
        Ended::TimedOut(_) => "timed_out",
        Ended::Unreadable(_) | Ended::TooNew(_) => "unreadable",
        Ended::CutOff => "cut_off",
        Ended::Lost => "lost",
    }
}
