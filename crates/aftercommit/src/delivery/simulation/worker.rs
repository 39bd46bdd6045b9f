//! A process: a real desk, and what the adapters around it do with its orders. Pure.

use std::sync::Arc;
use std::time::Duration;

use super::database::Database;
use super::defects::Defect;
use super::errand::Errand;
use super::judge::Judge;
use super::report::Report;
use super::row::Row;
use crate::delivery::breaker::Moment;
use crate::delivery::desk::Desk;
use crate::delivery::lifecycle::Ended;
use crate::delivery::orders::{Order, Times};
use crate::delivery::{Found, Lease, Leased};
use crate::effect::Manner;

/// What a process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Down,
    Working,
    /// Its desk has finished, and gives back what is left.
    Leaving,
}

/// What is to be done for an order.
pub(super) enum Task {
    Send(Errand),
    Call { receiver: usize, call: Vec<Leased> },
    Tell(Report),
    Finish,
}

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Process {
    pub(super) desk: Desk,
    pub(super) state: State,
    /// Answers to an earlier life are not heard.
    pub(super) life: u32,
    pub(super) born: Moment,
    pub(super) frozen_until: Moment,
    /// When it is waked.
    pub(super) wake_at: Moment,
    /// When something last kept it from giving signs of life.
    pub(super) hindered_at: Moment,
    pub(super) drained_at: Option<Moment>,
    /// The receivers that are connected.
    pub(super) posts: Vec<usize>,
    served: Vec<usize>,
    /// Whom commits of this process find.
    pub(super) welcome: Option<(i64, Vec<Arc<str>>)>,
    pub(super) running: Vec<(usize, Leased)>,
    lost: u64,
}

impl Process {
    pub(super) fn new(times: Times) -> Self {
        Self {
            desk: Desk::new(times),
            state: State::Down,
            life: 0,
            born: Moment::ZERO,
            frozen_until: Moment::ZERO,
            wake_at: Moment::MAX,
            hindered_at: Moment::ZERO,
            drained_at: None,
            posts: Vec::new(),
            served: Vec::new(),
            welcome: None,
            running: Vec::new(),
            lost: 0,
        }
    }

    /// A new process in its place, that knows nothing.
    pub(super) fn start(&mut self, times: Times, posts: Vec<usize>, now: Moment) {
        *self = Self {
            state: State::Working,
            life: self.life + 1,
            born: now,
            posts,
            ..Self::new(times)
        };
    }

    /// Nothing of what it waited for is heard any more.
    pub(super) fn end(&mut self, state: State) {
        self.life += 1;
        self.state = state;
        self.running.clear();
        self.welcome = None;
        self.wake_at = Moment::MAX;
    }

    pub(super) fn freeze(&mut self, until: Moment) {
        self.frozen_until = self.frozen_until.max(until);
    }

    pub(super) fn local(&self, now: Moment) -> Moment {
        now.saturating_sub(self.born)
    }

    /// Whether signs of life must have reached the database.
    pub(super) fn is_well(&self, worker: i64, now: Moment, lease: Duration) -> bool {
        self.state == State::Working
            && self.desk.identity() == Some(worker)
            && self.frozen_until.max(self.hindered_at).max(self.born) + lease * 2 < now
    }

    /// One round of orders.
    pub(super) fn orders(
        &mut self,
        manners: &[Manner],
        database: &Database,
        judge: &mut Judge,
        now: Moment,
    ) -> Vec<Order> {
        if self.posts != self.served {
            let post = |at: &usize| (Arc::clone(&database.names[*at]), manners[*at].clone());
            self.desk.serve(self.posts.iter().map(post));
            self.served.clone_from(&self.posts);
        }
        let local = self.local(now);
        let orders = self.desk.orders(local);
        for order in &orders {
            if let Order::Run { receiver, call, .. } = order {
                judge.chosen(call, database);
                let connected = self.posts.iter().any(|at| database.names[*at] == *receiver);
                judge.demand(connected, || format!("{receiver} is not connected"));
            }
        }
        self.welcome = self.desk.welcomes(local);
        let (tally, lost) = (self.desk.tally.lost, self.lost);
        judge.demand(tally == lost, || {
            format!("{tally} leases counted as lost, not {lost}")
        });
        orders
    }

    /// Between now and its wake-up nothing becomes due; and it does not wake up for nothing.
    pub(super) fn check_wake_up(&self, chance: f64, judge: &mut Judge, now: Moment) {
        let (local, wake_at) = (self.local(now), self.desk.wake_at(self.local(now)));
        judge.demand(wake_at > local, || {
            format!("at {local:?} it wakes at {wake_at:?}, again and again")
        });
        if chance < 1.0 {
            let sleep = wake_at.saturating_sub(local).min(Duration::from_secs(60));
            let meanwhile = local + sleep.mul_f64(chance);
            let orders = self.desk.clone().orders(meanwhile);
            judge.demand(orders.is_empty(), || format!("at {local:?} it sleeps until {wake_at:?}, and at {meanwhile:?} there was {orders:?}"));
        }
    }

    /// `worker`: a number that no worker has had.
    pub(super) fn task(&self, order: Order, names: &[Arc<str>], worker: i64, now: Moment) -> Task {
        let sent = self.local(now);
        let named = |name: &str| {
            names
                .iter()
                .position(|one| **one == *name)
                .unwrap_or_default()
        };
        Task::Send(match order {
            Order::Register => Errand::Register { worker, sent },
            Order::Beat { worker } => Errand::Beat { worker, sent },
            Order::Rescue { worker, uncounted } => Errand::Rescue {
                worker,
                uncounted,
                owners: None,
                at: 0,
            },
            Order::Maintain => Errand::Maintain {
                moved: false,
                at: 0,
            },
            Order::Compare { worker } => Errand::Compare {
                worker,
                owned: None,
            },
            Order::Claim {
                worker,
                receiver,
                search,
            } => Errand::Claim {
                worker,
                receiver: named(&receiver),
                search,
                found: Found::default(),
                picked: Vec::new(),
                at: 0,
            },
            Order::Run {
                receiver,
                call,
                noted,
            } => {
                let receiver = named(&receiver);
                if !self.posts.contains(&receiver) {
                    let ended = call
                        .iter()
                        .map(|leased| (leased.lease, Ended::Lost))
                        .collect();
                    return Task::Tell(Report::Ran { receiver, ended });
                }
                if !noted {
                    return Task::Call { receiver, call };
                }
                Errand::Note { receiver, call }
            }
            Order::Settle { leases } => {
                let mut rest = leases.clone();
                rest.sort_by_key(|lease| (lease.owner, lease.fence, lease.id));
                Errand::Settle {
                    leases,
                    rest,
                    settled: 0,
                }
            }
            Order::Write { leased, next } => Errand::Write { leased, next },
            Order::Release { leases } => Errand::Release { leases },
            Order::Park { receiver, keys } => Errand::Park {
                receiver: named(&receiver),
                parked: None,
                freed: false,
                keys: keys
                    .iter()
                    .map(|key| key.parse().unwrap_or_default())
                    .collect(),
            },
            Order::Unpark { receiver, key } => {
                let (receiver, key) = (named(&receiver), key.parse().unwrap_or_default());
                Errand::Unpark { receiver, key }
            }
            Order::Finish => return Task::Finish,
        })
    }

    /// Tells the desk. What is to be sent at once.
    pub(super) fn hear(
        &mut self,
        report: Report,
        database: &Database,
        now: Moment,
        jitter: f64,
    ) -> Vec<Errand> {
        let (now, names) = (self.local(now), &database.names);
        match report {
            Report::HandedOver(row) => self.give(&row, names),
            Report::Woken => self.desk.woken(),
            Report::Registered { worker, sent } => self.desk.registered(worker, sent, now),
            Report::Beaten { known, sent } => self.desk.beaten(known, sent, now),
            Report::Rescued(count) => self.desk.rescued(count),
            Report::Maintained { paused, moved } => self.desk.maintained(paused.as_deref(), moved),
            Report::Parked { receiver, freed } => self.desk.parked(&names[receiver], freed),
            Report::Compared(None) => {}
            Report::Compared(Some(owned)) => {
                if database.defect == Some(Defect::HastyCompare) {
                    self.desk.compared(owned.clone(), now);
                }
                let leases = self.desk.compared(owned, now);
                if !leases.is_empty() {
                    return vec![Errand::Disown { leases }];
                }
            }
            Report::Claimed {
                receiver,
                search,
                found,
            } => {
                self.desk.claimed(&names[receiver], &search, found);
            }
            Report::Ran { receiver, ended } => {
                let lost = ended.iter().filter(|(_, ended)| *ended == Ended::Lost);
                self.lost += lost.count() as u64;
                self.desk.ran(&names[receiver], ended, now, jitter);
            }
            Report::Settled { leases, settled } => {
                let missing = settled.map_or(0, |settled| leases.len() as u64 - settled);
                self.lost += missing;
                self.desk.settled(leases, settled, now);
            }
            Report::Written {
                leased,
                next,
                written,
            } => {
                self.lost += u64::from(written == Some(false));
                self.desk.written(leased, next, written, now);
            }
            Report::Begin { .. } | Report::Left | Report::Over => {}
        }
        Vec::new()
    }

    /// The process learns that its commit was confirmed.
    fn give(&mut self, row: &Row, names: &[Arc<str>]) {
        match (&self.welcome, row.owner) {
            (Some((worker, _)), Some(owner)) if *worker == owner => {
                self.desk.handed_over(vec![row.leased(names)]);
            }
            (Some(_), _) => self.desk.woken(),
            (None, _) => {}
        }
    }

    pub(super) fn returned(&mut self, lease: Lease) {
        self.running.retain(|(_, leased)| leased.lease != lease);
    }
}
