//! Which messages are counted, and where the connection is cut. Pure.

use super::framing::Sender;

/// Which side of a message the cut is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// It does not arrive.
    Before,
    /// It is the last that arrives.
    After,
}

/// A place between two messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Counted from 0.
    pub message: usize,
    /// On this side of it.
    pub side: Side,
}

/// Where connections are cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Counting begins with the client's message in which this stands; that one has the number 0.
    pub needle: Vec<u8>,
    /// Where the connection of that message is cut.
    pub first: Option<Point>,
    /// Where a later connection is cut: the messages of all of them are counted, from 0.
    pub second: Option<Point>,
    /// New connections wait after the first cut, until [`Wire::hold`](super::Wire::hold) lets them go on.
    pub hold: bool,
}

/// A message that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// It belongs to a connection that was opened after the first cut.
    pub later: bool,
    /// Who sent it.
    pub sender: Sender,
    /// The type of a message of Postgres.
    pub kind: char,
    /// Whether it was passed on.
    pub delivered: bool,
}

/// What is to be done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    PassOn,
    CutBefore,
    CutAfter,
}

/// The plan, and how much of it has happened.
#[derive(Debug, Default)]
pub(super) struct Progress {
    plan: Option<Plan>,
    /// The connection on which the needle was seen.
    on: Option<u64>,
    /// The first connection that was opened after the first cut.
    later_from: Option<u64>,
    second_done: bool,
    pub(super) log: Vec<Passed>,
}

impl Progress {
    pub(super) fn begin(&mut self, plan: Plan) {
        *self = Self {
            plan: Some(plan),
            ..Self::default()
        };
    }

    pub(super) fn end(&mut self) {
        self.plan = None;
    }

    pub(super) fn holds(&self) -> bool {
        self.has_cut() && self.plan.as_ref().is_some_and(|plan| plan.hold)
    }

    pub(super) fn hold_no_more(&mut self) {
        if let Some(plan) = &mut self.plan {
            plan.hold = false;
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.plan.is_none()
    }

    pub(super) fn has_begun(&self) -> bool {
        self.on.is_some()
    }

    pub(super) fn has_cut(&self) -> bool {
        self.later_from.is_some()
    }

    pub(super) fn has_cut_twice(&self) -> bool {
        self.second_done
    }

    /// `next`: the number that the next new connection will have.
    pub(super) fn step(
        &mut self,
        connection: u64,
        next: u64,
        sender: Sender,
        kind: char,
        message: &[u8],
    ) -> Step {
        let Some(plan) = &self.plan else {
            return Step::PassOn;
        };
        if self.on.is_none() && sender == Sender::Client && contains(message, &plan.needle) {
            self.on = Some(connection);
        }
        let later = match (self.on, self.later_from) {
            (_, Some(from)) if connection >= from => true,
            (Some(on), None) if on == connection => false,
            _ => return Step::PassOn,
        };
        let number = self
            .log
            .iter()
            .filter(|passed| passed.later == later)
            .count();
        let point = if later {
            plan.second.filter(|_| !self.second_done)
        } else {
            plan.first
        };
        let step = match point {
            Some(point) if point.message == number => match point.side {
                Side::Before => Step::CutBefore,
                Side::After => Step::CutAfter,
            },
            _ => Step::PassOn,
        };
        self.log.push(Passed {
            later,
            sender,
            kind,
            delivered: step != Step::CutBefore,
        });
        if step != Step::PassOn {
            if later {
                self.second_done = true;
            } else {
                self.later_from = Some(next);
            }
        }
        step
    }
}

fn contains(message: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty() && message.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(first: usize, second: Option<usize>) -> Progress {
        let at = |message| Point {
            message,
            side: Side::After,
        };
        let mut progress = Progress::default();
        progress.begin(Plan {
            needle: b"COMMIT".to_vec(),
            first: Some(at(first)),
            second: second.map(at),
            hold: false,
        });
        progress
    }

    #[test]
    fn counting_begins_with_the_needle_on_its_connection() {
        let mut progress = plan(1, None);
        let mut step =
            |connection, sender, text: &[u8]| progress.step(connection, 5, sender, '-', text);
        assert_eq!(step(1, Sender::Server, b"COMMIT"), Step::PassOn);
        assert_eq!(step(1, Sender::Client, b"a COMMIT b"), Step::PassOn);
        assert_eq!(step(2, Sender::Server, b"other"), Step::PassOn);
        assert_eq!(step(1, Sender::Server, b"answer"), Step::CutAfter);
        assert_eq!(progress.log.len(), 2);
        assert!(progress.has_cut());
    }

    #[test]
    fn later_connections_are_counted_together_and_cut_once() {
        let mut progress = plan(0, Some(1));
        let mut step = |connection| progress.step(connection, 5, Sender::Client, '-', b"COMMIT");
        assert_eq!(step(1), Step::CutAfter);
        assert_eq!(step(4), Step::PassOn);
        assert_eq!(step(5), Step::PassOn);
        assert_eq!(step(6), Step::CutAfter);
        assert_eq!(step(7), Step::PassOn);
        assert!(progress.has_cut_twice());
    }
}
