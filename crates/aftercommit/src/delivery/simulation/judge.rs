//! What must hold, whatever happens. Pure.

use super::database::Database;
use super::row::{Row, number};
use crate::delivery::breaker::Moment;
use crate::delivery::lifecycle::{MOST_STARTS, must_be_alone};
use crate::delivery::{Lease, Leased};

/// What the judge knows of one effect.
#[derive(Clone, Debug, Default)]
struct Story {
    /// It kills whoever starts it.
    poison: bool,
    committed: Option<Row>,
    settled: bool,
    begun: u32,
    kills: u32,
    /// The fencing number of its last answer.
    answered: i64,
    /// Attempts that were recorded as not the last.
    put_off: u32,
    /// The leases in which its handler said that it is done.
    done: Vec<Lease>,
    /// How often it was taken from a process that was stopped from outside, or was slow.
    mishaps: u32,
}

/// See the [module](self). It remembers the first violation.
#[derive(Debug, Default)]
pub(super) struct Judge {
    stories: Vec<Story>,
    /// The workers that a poison effect has killed.
    pub(super) poisoned: Vec<i64>,
    pub(super) violation: Option<String>,
}

impl Judge {
    /// Of effects of which these are poison.
    pub(super) fn new(poison: impl Iterator<Item = bool>) -> Self {
        let story = |poison| Story {
            poison,
            ..Story::default()
        };
        Self {
            stories: poison.map(story).collect(),
            ..Self::default()
        }
    }

    pub(super) fn demand(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds && self.violation.is_none() {
            self.violation = Some(otherwise());
        }
    }

    pub(super) fn committed(&mut self, row: Row) {
        self.stories[row.number()].committed = Some(row);
    }

    /// Every committed effect is in exactly one table, until it is settled.
    pub(super) fn look_at(&mut self, database: &Database) {
        let bits = |rows: &[Row]| {
            rows.iter()
                .fold(0_u32, |bits, row| bits | 1 << row.number())
        };
        let (now, later, never) = (
            bits(&database.effects),
            bits(&database.waiting),
            bits(&database.dead),
        );
        let twice = now & later | now & never | later & never;
        self.demand(twice == 0, || format!("in two tables: {twice:b}"));
        let open = |story: &Story| story.committed.is_some() && !story.settled;
        let open = self.stories.iter().map(open).enumerate();
        let open = open.fold(0_u32, |bits, (at, open)| bits | u32::from(open) << at);
        let there = now | later | never;
        self.demand(there == open, || {
            format!("lost, or there again: {:b}", there ^ open)
        });
    }

    /// A worker has decided to start these: it must have their leases.
    pub(super) fn chosen(&mut self, call: &[Leased], database: &Database) {
        for leased in call {
            let holds = |row: &Row| row.is_leased_as(leased.lease);
            let held = database.effects.iter().any(holds);
            self.demand(held, || {
                format!("{} is started without its lease", number(leased.lease.id))
            });
        }
    }

    /// The handler is called. `others`: what runs in the process.
    pub(super) fn begun(&mut self, leased: &Leased, others: &[Leased], database: &Database) {
        let at = number(leased.lease.id);
        if self.stories[at].begun == 0 {
            let before = self.stories[at]
                .committed
                .and_then(|row| self.unfinished_before(&row, database));
            self.demand(before.is_none(), || {
                format!("{at} is delivered before {before:?} of its key")
            });
        }
        let suspect = |one: &Leased| must_be_alone(one.starts, one.rescues);
        let alone = others.is_empty() || !suspect(leased) && !others.iter().any(suspect);
        self.demand(alone, || format!("{at} runs beside a suspect, or is one"));
        self.stories[at].begun += 1;
    }

    fn unfinished_before(&self, row: &Row, database: &Database) -> Option<usize> {
        let passed = |at: usize| {
            let mut dead = database.dead.iter();
            dead.any(|row| row.number() == at && !row.blocks)
        };
        let is_before = |other: &Row| {
            row.key.is_some()
                && (other.receiver, other.key) == (row.receiver, row.key)
                && other.place < row.place
        };
        let mut stories = self.stories.iter().enumerate();
        let found = stories.find(|(at, story)| {
            story.committed.as_ref().is_some_and(is_before) && !story.settled && !passed(*at)
        });
        found.map(|(at, _)| at)
    }

    pub(super) fn done(&mut self, lease: Lease) {
        self.stories[number(lease.id)].done.push(lease);
    }

    /// An effect has killed the process that began it with this lease; before or after an answer that was recorded.
    pub(super) fn killed(&mut self, lease: Lease) {
        let at = number(lease.id);
        let story = &mut self.stories[at];
        story.kills += u32::from(lease.fence > story.answered);
        let kills = story.kills;
        self.demand(kills <= MOST_STARTS, || {
            format!("{at} has killed {kills} processes")
        });
    }

    /// They were taken from workers that are not there any more.
    pub(super) fn rescued(&mut self, rows: &[Row]) {
        for row in rows {
            let by_poison = row
                .owner
                .is_some_and(|owner| self.poisoned.contains(&owner));
            self.stories[row.number()].mishaps += u32::from(!by_poison);
        }
    }

    /// An outcome was recorded with this lease, and this was removed from the table of what is to be delivered.
    pub(super) fn recorded(&mut self, removed: &Row, lease: Option<Lease>) {
        let held = lease.is_some();
        self.demand(held, || {
            format!(
                "an outcome of {} by a worker without its lease",
                removed.number()
            )
        });
    }

    pub(super) fn settled(&mut self, removed: &[Row], leases: &[Lease]) {
        for row in removed {
            let lease = leases.iter().find(|lease| row.is_leased_as(**lease));
            self.recorded(row, lease.copied());
            let story = &mut self.stories[row.number()];
            story.settled = true;
            let done = lease.is_some_and(|lease| story.done.contains(lease));
            self.demand(done, || {
                format!("{} is settled before it was done", row.number())
            });
        }
    }

    /// An answer: its starts are counted from the beginning.
    pub(super) fn put_off(&mut self, row: &Row) {
        let story = &mut self.stories[row.number()];
        story.put_off += 1;
        (story.kills, story.answered) = (0, row.fence);
    }

    pub(super) fn set_aside(&mut self, row: &Row) {
        let story = &self.stories[row.number()];
        let fair = story.poison || story.mishaps > 0;
        self.demand(fair, || {
            format!("{} is set aside for another's fault", row.number())
        });
    }

    /// A worker is taken for dead: not one that gives its signs of life in time.
    pub(super) fn taken_for_dead(&mut self, lives: bool, worker: i64, now: Moment) {
        self.demand(!lives, || {
            format!("worker {worker} was taken for dead at {now:?}, and was not")
        });
    }

    /// Where nothing went wrong, nothing is delivered twice.
    pub(super) fn end_of_calm(&mut self) {
        for at in 0..self.stories.len() {
            let Story { begun, put_off, .. } = self.stories[at];
            self.demand(begun <= put_off + 1, || {
                format!("{at} was begun {begun} times without need")
            });
        }
    }
}
