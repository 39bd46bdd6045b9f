//! What is there, in numbers. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::Visible;

/// What is there, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overview {
    /// The receivers that have effects, are paused, or are known to this process; by name.
    pub receivers: Vec<ReceiverOverview>,
    /// The workers that are registered, the oldest first. One whose process died is among them until another one notices.
    pub workers: Vec<WorkerOverview>,
}

/// The effects of one receiver, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceiverOverview {
    /// The receiver's name.
    pub name: String,
    /// To be delivered as soon as a worker has time.
    pub pending: u64,
    /// With a worker.
    pub claimed: u64,
    /// Due later.
    pub waiting: u64,
    /// Behind one of their key that waits or is dead.
    pub parked: u64,
    /// Dead letters.
    pub dead: u64,
    /// The dead letters among them that their key waits for.
    pub blocking: u64,
    /// The age of the oldest pending one.
    pub oldest_pending: Option<Duration>,
    /// How long it has been paused.
    pub paused: Option<Duration>,
    /// Whether this process has a handler for it. It says nothing about other processes.
    pub handled_here: bool,
}

/// A worker that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerOverview {
    /// Its number, as effects that it has name it.
    pub id: i64,
    /// Its name, which another one may have too.
    pub name: String,
    /// How long ago it began.
    pub started: Duration,
    /// How long ago it gave the last sign of life.
    pub silent: Duration,
    /// After how long without one it is taken for dead.
    pub lease: Duration,
    /// How many effects it has.
    pub leases: u64,
}

/// A part of what was counted.
pub(crate) type Counted = ReceiverOverview;

impl Overview {
    /// Puts together what was counted in several tables, and the receivers of this process.
    pub(super) fn new<'n>(
        counted: Vec<Counted>,
        workers: Vec<WorkerOverview>,
        here: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        let mut receivers: BTreeMap<String, ReceiverOverview> = BTreeMap::new();
        for part in counted {
            let all = receivers.entry(part.name.clone()).or_default();
            all.pending += part.pending;
            all.claimed += part.claimed;
            all.waiting += part.waiting;
            all.parked += part.parked;
            all.dead += part.dead;
            all.blocking += part.blocking;
            all.oldest_pending = all.oldest_pending.or(part.oldest_pending);
            all.paused = all.paused.or(part.paused);
        }
        for name in here {
            let all = receivers.entry(name.to_owned()).or_default();
            all.handled_here = true;
        }
        let named = |(name, receiver)| ReceiverOverview { name, ..receiver };
        Self {
            receivers: receivers.into_iter().map(named).collect(),
            workers,
        }
    }
}

impl ReceiverOverview {
    /// All that is recorded for it.
    pub fn recorded(&self) -> u64 {
        self.pending + self.claimed + self.waiting + self.parked + self.dead
    }
}

impl WorkerOverview {
    /// Whether it has given a sign of life within its lease.
    pub fn is_alive(&self) -> bool {
        self.silent <= self.lease
    }
}

impl fmt::Display for Overview {
    /// A table for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |name: &str| Visible(name).to_string();
        let names = self.receivers.iter().map(|receiver| shown(&receiver.name));
        let width = names
            .map(|name| name.chars().count())
            .max()
            .unwrap_or(0)
            .max(8);
        writeln!(
            f,
            "{:<width$} {:>9} {:>9} {:>9} {:>9} {:>9}  oldest",
            "receiver", "pending", "claimed", "waiting", "parked", "dead"
        )?;
        for r in &self.receivers {
            let oldest = r.oldest_pending.map_or_else(|| "-".into(), seconds);
            let paused = if r.paused.is_some() { "  paused" } else { "" };
            writeln!(
                f,
                "{:<width$} {:>9} {:>9} {:>9} {:>9} {:>9}  {oldest}{paused}",
                shown(&r.name),
                r.pending,
                r.claimed,
                r.waiting,
                r.parked,
                r.dead
            )?;
        }
        for w in &self.workers {
            let dead = if w.is_alive() {
                ""
            } else {
                ", taken for dead soon"
            };
            writeln!(
                f,
                "worker {} ({}): started {} ago, last sign of life {} ago{dead}, {} leases",
                shown(&w.name),
                w.id,
                seconds(w.started),
                seconds(w.silent),
                w.leases
            )?;
        }
        Ok(())
    }
}

/// A time that an operator reads: `3.2 s`.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_together_by_name() {
        let part = |name: &str, pending, dead| ReceiverOverview {
            name: name.into(),
            pending,
            dead,
            ..ReceiverOverview::default()
        };
        let counted = vec![part("ship", 2, 0), part("bill", 1, 0), part("ship", 0, 3)];
        let overview = Overview::new(counted, Vec::new(), ["bill", "mail"]);
        let all: Vec<_> = overview
            .receivers
            .iter()
            .map(|r| (r.name.as_str(), r.pending, r.dead, r.handled_here))
            .collect();
        assert_eq!(
            all,
            [
                ("bill", 1, 0, true),
                ("mail", 0, 0, true),
                ("ship", 2, 3, false)
            ]
        );
    }
}
