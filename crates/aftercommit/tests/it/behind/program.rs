//! The block around the messages, made from a seed. Pure.

use fastrand::Rng;

use super::message::{Hole, Parts, messages};

/// How many ids a block has for its rows.
pub const IDS: i64 = 10;

/// A message, or a row with a hook.
#[derive(Clone, Debug)]
pub enum Step {
    Row(i64),
    Message(String),
}

/// A block, and perhaps one inside it.
#[derive(Clone, Debug)]
pub struct Program {
    pub hole: &'static str,
    pub before: Vec<Step>,
    /// The steps of the nested block, and whether it returns `Ok`.
    pub nested: Option<(Vec<Step>, bool)>,
    pub after: Vec<Step>,
    /// Whether the block goes on after a step that failed.
    pub swallows: bool,
    /// Whether messages are prepared, where a dialect has them carry one statement then.
    pub prepares: bool,
    pub returns_ok: bool,
}

impl Program {
    /// `first`: the first of its ids.
    pub fn new(parts: &Parts, hole: &'static Hole, first: i64, random: &mut Rng) -> Self {
        let mut ids = first..;
        let inserted_by_message = first + IDS - 1;
        let mut row = || Step::Row(ids.next().unwrap_or_default());
        let mut steps = Vec::new();
        let mut before = vec![row()];
        if random.bool() {
            steps.push(row());
        }
        for message in messages(parts, hole, inserted_by_message, random) {
            steps.push(if message.starts_with("{row}") {
                row()
            } else {
                Step::Message(message)
            });
        }
        if random.bool() {
            steps.push(row());
        }
        let is_nested = random.u8(..3) == 0;
        let nested = if is_nested {
            Some((steps, random.u8(..3) != 0))
        } else {
            before.append(&mut steps);
            None
        };
        let mut after = Vec::new();
        if random.bool() {
            after.push(row());
        }
        Self {
            hole: hole.name,
            before,
            nested,
            after,
            swallows: random.bool(),
            prepares: random.u8(..8) == 0,
            returns_ok: random.u8(..3) != 0,
        }
    }

    /// How many messages it sends at most.
    pub fn messages(&self) -> usize {
        let nested = self.nested.iter().flat_map(|(steps, _)| steps);
        let steps = self.before.iter().chain(nested).chain(&self.after);
        steps
            .filter(|step| matches!(step, Step::Message(_)))
            .count()
    }
}
