//! Whether what is recorded is sound. Pure.

use std::collections::HashSet;
use std::fmt;
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use super::overview::seconds;
use super::{Overview, Visible};
use crate::effect::EffectId;

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Audit {
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
    /// What must not be. At most 500 of a kind.
    pub violations: Vec<Violation>,
    /// Receivers with effects to be delivered and no handler in this process. That is as it should be if another process has
    /// one.
    pub unknown_receivers: Vec<String>,
}

/// An effect with which something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The effect.
    pub effect: EffectId,
    /// Whom it is for.
    pub receiver: String,
    /// The key of its order.
    pub key: Option<String>,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What can be wrong with an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrong {
    /// It is in two tables, so it is delivered although it is put off, or twice.
    InTwoTables {
        /// Their names, without the prefix.
        tables: [&'static str; 2],
    },
    /// It is claimed by a worker that is not there, and nobody takes it over.
    Abandoned {
        /// The worker's number.
        worker: i64,
        /// How long that has been silent; [`None`] if it is not registered.
        silent: Option<Duration>,
    },
    /// It is parked, and nothing of its key is before it.
    ParkedForNothing,
    /// It was due long ago, and a worker lives that should have seen it.
    Overdue {
        /// How long ago.
        by: Duration,
    },
    /// Another one of its key has the same place, so nobody knows which comes first.
    SamePlace {
        /// The place.
        place: i64,
    },
    /// It has a key and no place, so its order is not kept.
    NoPlace,
}

/// The kinds that the database is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suspicious {
    Twice,
    Abandoned,
    Unblocked,
    Overdue,
    SamePlace,
    NoPlace,
}

impl Suspicious {
    pub(crate) const ALL: [Self; 6] = [
        Self::Twice,
        Self::Abandoned,
        Self::Unblocked,
        Self::Overdue,
        Self::SamePlace,
        Self::NoPlace,
    ];

    /// What two numbers of the database's answer say.
    pub(crate) fn wrong(self, one: Option<i64>, two: Option<i64>) -> Wrong {
        let number = one.unwrap_or_default();
        let micros = |micros: i64| Duration::from_micros(micros.try_into().unwrap_or_default());
        let table = |number: Option<i64>| match number {
            Some(0) => "effects",
            Some(1) => "waiting",
            _ => "dead",
        };
        match self {
            Self::Twice => Wrong::InTwoTables {
                tables: [table(one), table(two)],
            },
            Self::Abandoned => Wrong::Abandoned {
                worker: number,
                silent: two.map(micros),
            },
            Self::Unblocked => Wrong::ParkedForNothing,
            Self::Overdue => Wrong::Overdue { by: micros(number) },
            Self::SamePlace => Wrong::SamePlace { place: number },
            Self::NoPlace => Wrong::NoPlace,
        }
    }
}

/// What looks wrong, and may only be on its way from one state to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suspicion {
    pub(crate) violation: Violation,
    /// Its fencing number: whatever happens to an effect changes it, or removes the effect.
    pub(crate) fence: i64,
}

impl Suspicion {
    fn same(&self) -> (EffectId, i64, Discriminant<Wrong>) {
        let violation = &self.violation;
        (violation.effect, self.fence, discriminant(&violation.wrong))
    }
}

/// What looked wrong the first time and was not touched until the second.
pub(super) fn confirmed(first: &[Suspicion], second: Vec<Suspicion>) -> Vec<Violation> {
    let first: HashSet<_> = first.iter().map(Suspicion::same).collect();
    let confirmed = second
        .into_iter()
        .filter(|suspicion| first.contains(&suspicion.same()));
    confirmed.map(|suspicion| suspicion.violation).collect()
}

impl Audit {
    pub(super) fn new(overview: &Overview, violations: Vec<Violation>) -> Self {
        let sum = |of: fn(&super::ReceiverOverview) -> u64| overview.receivers.iter().map(of).sum();
        let unknown = overview
            .receivers
            .iter()
            .filter(|receiver| !receiver.handled_here && receiver.recorded() > receiver.dead);
        Self {
            pending: sum(|receiver| receiver.pending),
            claimed: sum(|receiver| receiver.claimed),
            waiting: sum(|receiver| receiver.waiting),
            parked: sum(|receiver| receiver.parked),
            dead: sum(|receiver| receiver.dead),
            violations,
            unknown_receivers: unknown.map(|receiver| receiver.name.clone()).collect(),
        }
    }

    /// Whether nothing is wrong. Dead letters are not wrong, nor are receivers that another process has.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// All that is recorded.
    pub fn recorded(&self) -> u64 {
        self.pending + self.claimed + self.waiting + self.parked + self.dead
    }
}

impl fmt::Display for Audit {
    /// Lines for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} effects are recorded: {} pending, {} claimed, {} waiting, {} parked, {} dead",
            self.recorded(),
            self.pending,
            self.claimed,
            self.waiting,
            self.parked,
            self.dead
        )?;
        for name in &self.unknown_receivers {
            writeln!(
                f,
                "note: \"{}\" has no handler in this process",
                Visible(name)
            )?;
        }
        if self.is_clean() {
            return f.write_str("clean: nothing is wrong");
        }
        write!(f, "{} violations:", self.violations.len())?;
        for violation in &self.violations {
            write!(f, "\n  {violation}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for \"{}\"", self.effect, Visible(&self.receiver))?;
        if let Some(key) = &self.key {
            write!(f, " (key \"{}\")", Visible(key))?;
        }
        write!(f, " {}", self.wrong)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InTwoTables { tables: [one, two] } => {
                write!(f, "is in two tables, {one} and {two}: remove one of the rows by hand")
            }
            Self::Abandoned {
                worker,
                silent: None,
            } => write!(
                f,
                "is claimed by worker {worker}, which is not registered: is a worker running that could take it over?"
            ),
            Self::Abandoned {
                worker,
                silent: Some(silent),
            } => write!(
                f,
                "is claimed by worker {worker}, silent for {}, and nobody takes it over: see the other workers' logs",
                seconds(*silent)
            ),
            Self::ParkedForNothing => f.write_str(
                "is parked, and nothing of its key is before it: a running worker lets it go within a minute",
            ),
            Self::Overdue { by } => write!(
                f,
                "was due {} ago and is still waiting: see the workers' logs",
                seconds(*by)
            ),
            Self::SamePlace { place } => write!(
                f,
                "has place {place}, and so has another one of its key: were rows copied between databases?"
            ),
            Self::NoPlace => f.write_str("has a key and no place in its order: was the row written by hand?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspicion(effect: u128, fence: i64, wrong: Wrong) -> Suspicion {
        Suspicion {
            violation: Violation {
                effect: uuid::Uuid::from_u128(effect).into(),
                receiver: "ship".into(),
                key: Some("7\u{1b}".into()),
                wrong,
            },
            fence,
        }
    }

    #[test]
    fn what_is_only_on_its_way_is_no_violation() {
        let overdue = |micros| Wrong::Overdue {
            by: Duration::from_micros(micros),
        };
        let first = [
            suspicion(1, 0, Wrong::ParkedForNothing),
            suspicion(2, 0, Wrong::ParkedForNothing),
            suspicion(3, 0, overdue(10)),
            suspicion(4, 0, Wrong::ParkedForNothing),
        ];
        let second = vec![
            suspicion(2, 1, Wrong::ParkedForNothing), // moved, and moved back
            suspicion(3, 0, overdue(20)),             // untouched
            suspicion(4, 0, Wrong::NoPlace),          // something else
            suspicion(5, 0, Wrong::ParkedForNothing), // new
        ];
        let confirmed = confirmed(&first, second);
        assert_eq!(confirmed.len(), 1);
        assert_eq!(confirmed[0].wrong, overdue(20));
    }

    #[test]
    fn an_operator_can_read_it() {
        let violation = suspicion(1, 0, Wrong::ParkedForNothing).violation;
        let overview = Overview::default();
        let audit = Audit::new(&overview, vec![violation]);
        let text = audit.to_string();
        assert!(
            text.contains("1 violations") && text.contains("7\\u{1b}"),
            "{text}"
        );
        assert!(
            Audit::new(&overview, Vec::new())
                .to_string()
                .ends_with("clean: nothing is wrong")
        );
    }
}
