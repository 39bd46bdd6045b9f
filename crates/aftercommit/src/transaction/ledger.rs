//! The state of one transaction: its blocks, its mark for rollback, and what is still owed to the server. Pure.
//!
//! The rules are Django's (`savepoint=False` is called `join` here). The adapter asks before it acts, acts,
//! and tells what came of it. Leaving a nested block is decided here at once and without the server: the
//! statement is *owed* and travels before the next one. So there is no moment at which a caller that stops
//! waiting could leave a block half ended.

use std::panic::Location;

use crate::store::ErrorClass;

type Place = &'static Location<'static>;

/// Nesting deeper than this is taken for recursion without an end.
pub(crate) const DEPTH_LIMIT: usize = 100;

/// Why no further statement may be sent in the innermost block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A statement failed; the text of its error, and the class of that error.
    Failed { first: String, class: ErrorClass },
    /// `set_rollback(true)` was called there.
    Asked { place: Place },
    /// A joined block failed.
    Joined,
}

/// How a nested block wants to be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nesting {
    /// With a savepoint.
    Savepoint,
    /// As a part of the block around it.
    Join,
}

/// A statement about savepoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    Release(u32),
    Undo(u32),
}

/// What became of a nested block that was left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Left<K> {
    /// Its work belongs to the block around it now.
    Kept { savepoint: Option<u32> },
    /// It was rolled back to its savepoint: what was registered beyond `kept` is void.
    Undone {
        savepoint: u32,
        kept: K,
        why: Option<Mark>,
    },
    /// It had no savepoint of its own: the block around it will roll back.
    Doomed,
}

/// What the outermost block must do now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Commit,
    /// `why` is empty when the body's own error is the reason.
    RollBack {
        why: Option<Mark>,
    },
}

#[derive(Debug)]
struct Level<K> {
    savepoint: Option<u32>,
    before: K,
}

/// See the [module](self). `K` counts what was registered.
#[derive(Debug)]
pub(crate) struct Ledger<K> {
    levels: Vec<Level<K>>,
    mark: Option<Mark>,
    owed: Vec<Owed>,
    savepoints: u32,
}

impl<K> Default for Ledger<K> {
    fn default() -> Self {
        Self {
            levels: Vec::new(),
            mark: None,
            owed: Vec::new(),
            savepoints: 0,
        }
    }
}

impl<K> Ledger<K> {
    /// Nested blocks that are open.
    pub(crate) fn depth(&self) -> usize {
        self.levels.len()
    }

    /// Why statements are refused, if they are.
    pub(crate) fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref()
    }

    /// Enters a nested block. The answer is the savepoint to set; a marked block sets none, because nothing
    /// can be sent in it any more.
    pub(crate) fn enter(&mut self, nesting: Nesting, before: K) -> Result<Option<u32>, usize> {
        if self.levels.len() >= DEPTH_LIMIT {
            return Err(DEPTH_LIMIT);
        }
        let wanted = nesting == Nesting::Savepoint && self.mark.is_none();
        let savepoint = wanted.then(|| {
            self.savepoints += 1;
            self.savepoints
        });
        self.levels.push(Level { savepoint, before });
        Ok(savepoint)
    }

    /// The savepoint of the innermost block was never set: leaves that block without a trace.
    pub(crate) fn not_entered(&mut self) {
        self.levels.pop();
    }

    /// Leaves the innermost nested block.
    pub(crate) fn leave(&mut self, ok: bool) -> Left<K> {
        let Some(level) = self.levels.pop() else {
            return Left::Doomed;
        };
        let mark = self.mark.take();
        match (level.savepoint, ok && mark.is_none()) {
            (savepoint, true) => {
                self.owed.extend(savepoint.map(Owed::Release));
                Left::Kept { savepoint }
            }
            (Some(number), false) => {
                // What was owed for blocks inside this one went away with them.
                self.owed.retain(|owed| owed.number() < number);
                self.owed.push(Owed::Undo(number));
                let why = if ok { mark } else { None };
                Left::Undone {
                    savepoint: number,
                    kept: level.before,
                    why,
                }
            }
            (None, false) => {
                self.mark = Some(mark.unwrap_or(Mark::Joined));
                Left::Doomed
            }
        }
    }

    /// Ends the outermost block. Nested blocks that were never left are void.
    pub(crate) fn end(&mut self, ok: bool) -> End {
        while !self.levels.is_empty() {
            self.leave(false);
        }
        match self.mark.take() {
            None if ok => End::Commit,
            why => End::RollBack {
                why: if ok { why } else { None },
            },
        }
    }

    /// Takes what must be sent before the next statement.
    pub(crate) fn settle(&mut self) -> Vec<Owed> {
        std::mem::take(&mut self.owed)
    }

    /// Whether the COMMIT needs anything of it: releases are implied by COMMIT, undoing is not.
    pub(crate) fn settle_for_commit(&mut self) -> Vec<Owed> {
        let owed = self.settle();
        if owed.iter().any(|owed| matches!(owed, Owed::Undo(_))) {
            owed
        } else {
            Vec::new()
        }
    }

    /// A statement failed. The first failure is remembered.
    pub(crate) fn statement_failed(&mut self, first: String, class: ErrorClass) {
        if !matches!(self.mark, Some(Mark::Failed { .. })) {
            self.mark = Some(Mark::Failed { first, class });
        }
    }

    /// Sets or takes back the mark. A statement that failed cannot be taken back: `false`.
    pub(crate) fn set_rollback(&mut self, value: bool, place: Place) -> bool {
        match (&self.mark, value) {
            (Some(Mark::Failed { .. }), _) => value,
            (_, true) => {
                self.mark = Some(Mark::Asked { place });
                true
            }
            (_, false) => {
                self.mark = None;
                true
            }
        }
    }
}

impl Owed {
    fn number(self) -> u32 {
        let (Owed::Release(number) | Owed::Undo(number)) = self;
        number
    }
}

#[cfg(test)]
mod tests;
