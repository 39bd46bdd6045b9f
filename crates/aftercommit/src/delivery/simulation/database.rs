//! The tables, and what each verb does to them in one piece: the statements of `store/*/effect_*.sql`, told a second time. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::defects::Defect;
use super::row::Row;
use crate::delivery::breaker::Moment;
use crate::delivery::{Found, Lease, Leased, Walk};
use crate::effect::EffectId;

/// The most keys that one walk looks at.
const STEPS: usize = 2;

/// The most effects that one statement moves. Few, so that there is a second time.
const MOST_MOVED: usize = 3;

#[derive(Debug)]
struct Living {
    id: i64,
    beat_at: Moment,
    lease: Duration,
}

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Database {
    pub(super) defect: Option<Defect>,
    pub(super) names: Vec<Arc<str>>,
    pub(super) effects: Vec<Row>,
    pub(super) waiting: Vec<Row>,
    pub(super) dead: Vec<Row>,
    pub(super) paused: Vec<usize>,
    workers: Vec<Living>,
    places: u32,
    /// Only for a claim that goes by ids.
    last_seen: EffectId,
}

impl Database {
    pub(super) fn new(names: Vec<Arc<str>>, defect: Option<Defect>) -> Self {
        Self {
            defect,
            names,
            effects: Vec::new(),
            waiting: Vec::new(),
            dead: Vec::new(),
            paused: Vec::new(),
            workers: Vec::new(),
            places: 0,
            last_seen: EffectId::LOWEST,
        }
    }

    fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    /// Places are in the order of commits. What is due later has a table of its own.
    pub(super) fn append(&mut self, mut row: Row) -> Row {
        self.places += 1;
        row.place = self.places;
        if row.due.is_some() {
            self.waiting.push(row);
        } else {
            self.effects.push(row);
        }
        row
    }

    pub(super) fn register(&mut self, id: i64, lease: Duration, now: Moment) {
        let beat_at = now;
        self.workers.push(Living { id, beat_at, lease });
    }

    pub(super) fn extend(&mut self, worker: i64, now: Moment) -> bool {
        if self.has(Defect::LostBeats) {
            return true;
        }
        let living = self.workers.iter_mut().find(|living| living.id == worker);
        living.map(|living| living.beat_at = now).is_some()
    }

    pub(super) fn resign(&mut self, worker: i64) {
        self.workers.retain(|living| living.id != worker);
    }

    /// Who was taken for dead.
    pub(super) fn rescue_dead(&mut self, me: i64, uncounted: Duration, now: Moment) -> Vec<i64> {
        let early = self.has(Defect::EarlyRescue);
        let mut dead = Vec::new();
        self.workers.retain(|living| {
            let lease = if early {
                living.lease / 5
            } else {
                living.lease
            };
            let lives = living.id == me || living.beat_at + lease + uncounted >= now;
            if !lives {
                dead.push(living.id);
            }
            lives
        });
        dead
    }

    pub(super) fn rescue_pick(&self) -> Vec<i64> {
        let owners = self.effects.iter().filter_map(|row| row.owner);
        let is_there = |owner: &i64| self.workers.iter().any(|living| living.id == *owner);
        owners.filter(|owner| !is_there(owner)).collect()
    }

    /// As they were.
    pub(super) fn rescue(&mut self, owners: &[i64]) -> Vec<Row> {
        let mut rescued = Vec::new();
        for row in &mut self.effects {
            if row.owner.is_some_and(|owner| owners.contains(&owner)) {
                rescued.push(*row);
                row.free();
                row.rescues += 1;
            }
        }
        rescued
    }

    /// Those without a key, by their age.
    pub(super) fn claim(&self, receiver: usize, low: EffectId, limit: usize) -> Vec<EffectId> {
        let by_id = self.has(Defect::ClaimById);
        let low = if by_id { self.last_seen } else { low };
        let any_key = self.has(Defect::KeysIgnored);
        let free = self
            .of_nobody(receiver)
            .filter(|row| row.key.is_none() || any_key);
        let mut picked: Vec<EffectId> = free.map(|row| row.id).filter(|id| *id > low).collect();
        picked.sort_unstable();
        picked.truncate(limit);
        picked
    }

    /// The first effects of keys, from a key on; the keys that are blocked, and where the walk broke off.
    pub(super) fn heads(&self, receiver: usize, from: &str, room: usize) -> (Vec<EffectId>, Found) {
        let mut found = Found {
            walk: Walk::Ended,
            ..Found::default()
        };
        let mut free = Vec::new();
        let keys: BTreeSet<String> = self
            .of_nobody(receiver)
            .filter_map(|row| row.key.map(|key| key.to_string()))
            .filter(|key| key.as_str() >= from)
            .collect();
        for (step, key) in keys.into_iter().enumerate() {
            let of_key = |row: &&Row| {
                row.receiver == receiver && row.key.map(|key| key.to_string()) == Some(key.clone())
            };
            let Some(head) = self
                .effects
                .iter()
                .filter(of_key)
                .min_by_key(|row| row.place)
            else {
                continue;
            };
            let waits = self.waiting.iter().any(|other| other.is_before(head));
            let is_free = head.owner.is_none() && !waits && !self.is_behind_a_dead_one(head);
            if step == STEPS || (is_free && free.len() == room) {
                found.walk = Walk::UpTo(key);
                break;
            }
            if is_free {
                free.push(head.id);
            } else if head.owner.is_none() {
                found.blocked.push(key);
            }
        }
        (free, found)
    }

    /// Those of them that are still to be had.
    pub(super) fn take(&mut self, worker: i64, picked: &[EffectId]) -> Vec<Leased> {
        let mut taken = Vec::new();
        let free = |row: &&mut Row| row.owner.is_none() && picked.contains(&row.id);
        for row in self.effects.iter_mut().filter(free) {
            row.owner = Some(worker);
            row.fence += 1;
            self.last_seen = self.last_seen.max(row.id);
            taken.push(row.leased(&self.names));
        }
        taken
    }

    fn of_nobody(&self, receiver: usize) -> impl Iterator<Item = &Row> {
        let free = move |row: &&Row| row.owner.is_none() && row.receiver == receiver;
        self.effects.iter().filter(free)
    }

    fn is_behind_a_dead_one(&self, row: &Row) -> bool {
        let blocks = |dead: &Row| dead.blocks && dead.is_before(row);
        self.dead.iter().any(blocks)
    }

    pub(super) fn start(&mut self, lease: Lease) -> bool {
        let counts = !self.has(Defect::StartsNotNoted);
        self.change(|row| {
            let held = row.is_leased_as(lease);
            row.starts += u32::from(held && counts);
            held
        }) > 0
    }

    /// What was removed.
    pub(super) fn settle(&mut self, leases: &[Lease]) -> Vec<Row> {
        let fenced = !self.has(Defect::NoFencing);
        let named =
            |row: &Row, lease: &Lease| row.is_leased_as(*lease) || !fenced && row.id == lease.id;
        let settled = |row: &mut Row| leases.iter().any(|lease| named(row, lease));
        self.effects.extract_if(.., settled).collect()
    }

    /// What was moved.
    pub(super) fn wait(&mut self, lease: Lease, due: Moment, failures: u32) -> Option<Row> {
        let row = self.settle(&[lease]).pop()?;
        self.waiting.push(Row {
            due: Some(due),
            failures,
            ..row
        });
        Some(row)
    }

    /// What was moved.
    pub(super) fn bury(&mut self, lease: Lease, failures: u32) -> Option<Row> {
        let row = self.settle(&[lease]).pop()?;
        self.dead.push(Row {
            blocks: row.key.is_some(),
            failures,
            ..row
        });
        Some(row)
    }

    pub(super) fn release(&mut self, leases: &[Lease]) {
        self.change(|row| {
            let released = leases.iter().any(|lease| row.is_leased_as(*lease));
            if released {
                row.free();
            }
            released
        });
    }

    pub(super) fn release_all(&mut self, worker: i64) {
        self.change(|row| {
            let released = row.owner == Some(worker);
            if released {
                row.free();
            }
            released
        });
    }

    pub(super) fn owned(&self, owner: i64) -> Vec<Lease> {
        let owned = self.effects.iter().filter(|row| row.owner == Some(owner));
        let lease = |row: &Row| Lease {
            id: row.id,
            owner,
            fence: row.fence,
        };
        owned.map(lease).collect()
    }

    pub(super) fn disown(&mut self, lease: Lease) {
        self.change(|row| {
            let held = row.is_leased_as(lease);
            if held {
                row.free();
            }
            held
        });
    }

    pub(super) fn promote(&mut self, now: Moment) -> usize {
        let due = |row: &mut Row| row.due.is_some_and(|due| due <= now);
        let picked: Vec<Row> = self.waiting.extract_if(.., due).take(MOST_MOVED).collect();
        if self.has(Defect::CopyLeft) {
            self.waiting.extend(&picked);
        }
        self.move_up(picked)
    }

    fn move_up(&mut self, picked: Vec<Row>) -> usize {
        let moved = picked.len();
        self.effects.extend(picked.into_iter().map(|row| Row {
            owner: None,
            fence: row.fence + 1,
            starts: 0,
            rescues: 0,
            due: None,
            ..row
        }));
        moved
    }

    pub(super) fn park(&mut self, receiver: usize, key: u8) {
        let behind = |row: &Row| {
            row.owner.is_none()
                && (row.receiver, row.key) == (receiver, Some(key))
                && (self.waiting.iter().any(|other| other.is_before(row))
                    || self.is_behind_a_dead_one(row))
        };
        let picked = self.effects.iter().filter(|row| behind(row));
        let picked: Vec<Row> = picked.take(MOST_MOVED).copied().collect();
        let is_picked = |row: &Row| picked.iter().any(|other| other.id == row.id);
        self.effects.retain(|row| !is_picked(row));
        self.waiting.extend(&picked);
    }

    /// Of one key, or of all.
    pub(super) fn unpark(&mut self, key: Option<(usize, u8)>) -> usize {
        if key.is_none() && self.has(Defect::NoSweep) {
            return 0;
        }
        let waits = |row: &Row| {
            let before = |other: &Row| other.due.is_some() && other.is_before(row);
            self.waiting.iter().any(before)
        };
        let is_meant = |row: &Row| {
            key.is_none_or(|(receiver, key)| (row.receiver, row.key) == (receiver, Some(key)))
        };
        let parked = self.waiting.iter().filter(|row| {
            row.due.is_none() && is_meant(row) && !waits(row) && !self.is_behind_a_dead_one(row)
        });
        let mut picked: Vec<Row> = parked.copied().collect();
        picked.sort_by_key(|row| row.place);
        picked.truncate(MOST_MOVED);
        let is_picked = |row: &Row| picked.iter().any(|other| other.id == row.id);
        self.waiting.retain(|row| !is_picked(row));
        self.move_up(picked)
    }

    /// An operator lets those follow that stand behind dead letters.
    pub(super) fn let_pass(&mut self) {
        for row in &mut self.dead {
            row.blocks = false;
        }
    }

    fn change(&mut self, mut how: impl FnMut(&mut Row) -> bool) -> u64 {
        let changed = |row: &mut Row| u64::from(how(row));
        self.effects.iter_mut().map(changed).sum()
    }
}
