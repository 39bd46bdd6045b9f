//! What a worker asks of the database, statement by statement as the adapters run it. Pure.

use std::time::Duration;

use super::database::Database;
use super::defects::Defect;
use super::judge::Judge;
use super::report::Report;
use super::row::Row;
use crate::delivery::breaker::Moment;
use crate::delivery::lifecycle::{Ended, Next};
use crate::delivery::{Found, Lease, Leased, Search};
use crate::effect::EffectId;

/// What is on its way to the database. `at` counts the statements of an errand that has several.
#[derive(Clone, Debug)]
pub(super) enum Errand {
    Register {
        worker: i64,
        sent: Moment,
    },
    Beat {
        worker: i64,
        sent: Moment,
    },
    Rescue {
        worker: i64,
        uncounted: Duration,
        owners: Option<Vec<i64>>,
        at: u8,
    },
    Maintain {
        moved: bool,
        at: u8,
    },
    Compare {
        worker: i64,
        owned: Option<Vec<Lease>>,
    },
    Disown {
        leases: Vec<Lease>,
    },
    Claim {
        worker: i64,
        receiver: usize,
        search: Search,
        /// What was found by then, what the walk over keys has picked, and the steps that are done.
        found: Found,
        picked: Vec<EffectId>,
        at: u8,
    },
    Park {
        receiver: usize,
        keys: Vec<u8>,
        /// The key that was just parked.
        parked: Option<u8>,
        freed: bool,
    },
    Note {
        receiver: usize,
        call: Vec<Leased>,
    },
    Inside {
        receiver: usize,
        lease: Lease,
    },
    Settle {
        leases: Vec<Lease>,
        rest: Vec<Lease>,
        settled: u64,
    },
    Write {
        leased: Leased,
        next: Next,
    },
    Release {
        leases: Vec<Lease>,
    },
    Unpark {
        receiver: usize,
        key: u8,
    },
    Leave {
        worker: i64,
        cut_off: Vec<Leased>,
        at: u8,
    },
    /// The COMMIT of a transaction that sends an effect.
    Commit {
        row: Row,
    },
}

/// After a statement.
pub(super) enum Then {
    Again(Errand),
    Tell(Report),
}

impl Errand {
    /// The next statement takes effect. `lives`: whether this identity is that of a process that is well.
    pub(super) fn run(
        self,
        database: &mut Database,
        judge: &mut Judge,
        lease: Duration,
        now: Moment,
        lives: impl Fn(i64) -> bool,
    ) -> Then {
        Then::Tell(match self {
            Self::Register { worker, sent } => {
                database.register(worker, lease, now);
                let worker = Some(worker);
                Report::Registered { worker, sent }
            }
            Self::Beat { worker, sent } => {
                let known = Some(database.extend(worker, now));
                Report::Beaten { known, sent }
            }
            Self::Rescue {
                worker,
                uncounted,
                at: 0,
                ..
            } => {
                let dead = database.rescue_dead(worker, uncounted, now);
                for one in &dead {
                    judge.taken_for_dead(lives(*one), *one, now);
                }
                let blind = database.defect == Some(Defect::BlindRescue);
                let owners = blind.then_some(dead);
                return Then::Again(Self::Rescue {
                    worker,
                    uncounted,
                    owners,
                    at: 1,
                });
            }
            Self::Rescue {
                worker,
                uncounted,
                owners,
                at: 1,
            } => {
                let owners = owners.or_else(|| Some(database.rescue_pick()));
                return Then::Again(Self::Rescue {
                    worker,
                    uncounted,
                    owners,
                    at: 2,
                });
            }
            Self::Rescue { owners, .. } => {
                let rescued = database.rescue(&owners.unwrap_or_default());
                judge.rescued(&rescued);
                Report::Rescued(Some(rescued.len() as u64))
            }
            Self::Maintain { at: 0, .. } => {
                let moved = database.promote(now) > 0;
                return Then::Again(Self::Maintain { moved, at: 1 });
            }
            Self::Maintain { moved, .. } => {
                let name = |receiver: &usize| database.names[*receiver].to_string();
                let paused = Some(database.paused.iter().map(name).collect());
                Report::Maintained { paused, moved }
            }
            Self::Compare {
                worker,
                owned: None,
            } => {
                let owned = Some(database.owned(worker));
                return Then::Again(Self::Compare { worker, owned });
            }
            Self::Compare { owned, .. } => {
                database.unpark(None);
                Report::Compared(owned)
            }
            Self::Disown { mut leases } => {
                leases
                    .pop()
                    .into_iter()
                    .for_each(|lease| database.disown(lease));
                if !leases.is_empty() {
                    return Then::Again(Self::Disown { leases });
                }
                Report::Woken
            }
            Self::Claim {
                worker,
                receiver,
                search,
                mut found,
                mut picked,
                mut at,
            } => {
                let room = search.limit - found.taken.len();
                // The two parts of a claim, in turns; a walk is followed by the taking of what it has picked.
                let keyed = (at == 0) == search.keyed_first;
                if !picked.is_empty() {
                    found.taken.extend(database.take(worker, &picked));
                    picked.clear();
                } else if room > 0 && keyed {
                    let (free, walked) = database.heads(receiver, &search.key, room);
                    (found.blocked, found.walk) = (walked.blocked, walked.walk);
                    picked = free;
                } else if room > 0 {
                    let free = database.claim(receiver, search.low, room);
                    found.taken.extend(database.take(worker, &free));
                }
                at += u8::from(picked.is_empty());
                if at < 2 {
                    return Then::Again(Self::Claim {
                        worker,
                        receiver,
                        search,
                        found,
                        picked,
                        at,
                    });
                }
                let taken = found.taken.len();
                judge.demand(taken <= search.limit, || "too many were claimed".into());
                Report::Claimed {
                    receiver,
                    search,
                    found: Some(found),
                }
            }
            Self::Park {
                receiver,
                mut keys,
                parked,
                mut freed,
            } => {
                let parked = match (parked, keys.pop()) {
                    (Some(key), last) => {
                        keys.extend(last);
                        freed |= database.unpark(Some((receiver, key))) > 0;
                        None
                    }
                    (None, key) => key.inspect(|key| database.park(receiver, *key)),
                };
                if !keys.is_empty() || parked.is_some() {
                    return Then::Again(Self::Park {
                        receiver,
                        keys,
                        parked,
                        freed,
                    });
                }
                Report::Parked { receiver, freed }
            }
            Self::Note { receiver, call } => {
                if call.iter().all(|leased| database.start(leased.lease)) {
                    Report::Begin { receiver, call }
                } else {
                    let ended = call.iter().map(|leased| (leased.lease, Ended::Lost));
                    let ended = ended.collect();
                    Report::Ran { receiver, ended }
                }
            }
            Self::Inside { receiver, lease } => {
                judge.done(lease);
                let removed = database.settle(&[lease]);
                judge.settled(&removed, &[lease]);
                let ended = if removed.is_empty() {
                    Ended::Lost
                } else {
                    Ended::Settled
                };
                let ended = vec![(lease, ended)];
                Report::Ran { receiver, ended }
            }
            Self::Settle {
                leases,
                mut rest,
                mut settled,
            } => {
                let same = |lease: &Lease| Some((lease.owner, lease.fence));
                let first = rest.first().and_then(same);
                let (some, others) = rest.drain(..).partition(|lease| same(lease) == first);
                let (some, rest): (Vec<Lease>, Vec<Lease>) = (some, others);
                let removed = database.settle(&some);
                judge.settled(&removed, &some);
                settled += removed.len() as u64;
                if !rest.is_empty() {
                    return Then::Again(Self::Settle {
                        leases,
                        rest,
                        settled,
                    });
                }
                let settled = Some(settled);
                Report::Settled { leases, settled }
            }
            Self::Write { leased, next } => {
                let written = Some(write(&leased, &next, database, judge, now));
                Report::Written {
                    leased,
                    next,
                    written,
                }
            }
            Self::Release { leases } => {
                database.release(&leases);
                Report::Over
            }
            Self::Unpark { receiver, key } => match database.unpark(Some((receiver, key))) {
                0 => Report::Over,
                _ => Report::Woken,
            },
            Self::Leave {
                worker,
                mut cut_off,
                at: 0,
            } => {
                if let Some(leased) = cut_off.pop() {
                    write(&leased, &Next::cut_off(), database, judge, now);
                    return Then::Again(Self::Leave {
                        worker,
                        cut_off,
                        at: 0,
                    });
                }
                database.release_all(worker);
                return Then::Again(Self::Leave {
                    worker,
                    cut_off,
                    at: 1,
                });
            }
            Self::Leave { worker, .. } => {
                database.resign(worker);
                Report::Left
            }
            Self::Commit { row } => {
                judge.committed(database.append(row));
                Report::HandedOver(row)
            }
        })
    }
}

fn write(
    leased: &Leased,
    next: &Next,
    database: &mut Database,
    judge: &mut Judge,
    now: Moment,
) -> bool {
    let (lease, failures) = (leased.lease, leased.failures + 1);
    let removed = match next {
        Next::Wait { after, counts, .. } => {
            let failures = if *counts { failures } else { leased.failures };
            let row = database.wait(lease, now + *after, failures);
            row.inspect(|row| judge.put_off(row))
        }
        Next::Dead { why } => {
            let row = database.bury(lease, failures);
            let aside = row.as_ref().filter(|_| why.starts_with("set aside"));
            aside.into_iter().for_each(|row| judge.set_aside(row));
            row
        }
        Next::Done | Next::Nothing => return true,
    };
    if let Some(row) = &removed {
        judge.recorded(row, row.is_leased_as(lease).then_some(lease));
    }
    removed.is_some()
}
