//! The state of one transaction: its blocks, its mark for rollback, and what is still owed to the server. Pure.
//!
//! The rules are Django's (`savepoint=False` is called `join` here). The adapter asks before it acts, acts,
//! and tells what came of it. Entering and leaving a nested block is decided here at once and without the
//! server: the savepoint operations are pending and travel before the next statement. So there is no moment at
//! which a caller that stops waiting could leave a block half ended, and a nested block that sends nothing costs
//! nothing.

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

/// A pending statement about savepoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    Set(u32),
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
pub(crate) enum End<K> {
    /// `forgotten`: a nested block was never left and is undone; what was registered beyond this is void.
    Commit { forgotten: Option<K> },
    /// `why` is empty when the body's own error is the reason.
    RollBack { why: Option<Mark> },
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

    /// Enters a nested block. The answer is its savepoint, whose setting is pending; a marked block has none,
    /// because nothing can be sent in it any more.
    pub(crate) fn enter(&mut self, nesting: Nesting, before: K) -> Result<Option<u32>, usize> {
        if self.levels.len() >= DEPTH_LIMIT {
            return Err(DEPTH_LIMIT);
        }
        let wanted = nesting == Nesting::Savepoint && self.mark.is_none();
        let savepoint = wanted.then(|| {
            self.savepoints += 1;
            self.owed.push(Owed::Set(self.savepoints));
            self.savepoints
        });
        self.levels.push(Level { savepoint, before });
        Ok(savepoint)
    }

    /// Leaves the innermost nested block.
    pub(crate) fn leave(&mut self, ok: bool) -> Left<K> {
        let Some(level) = self.levels.pop() else {
            return Left::Doomed;
        };
        let mark = self.mark.take();
        match (level.savepoint, ok && mark.is_none()) {
            (savepoint, true) => {
                if let Some(number) = savepoint
                    && !self.take_back(number)
                {
                    self.owed.push(Owed::Release(number));
                }
                Left::Kept { savepoint }
            }
            (Some(number), false) => {
                if !self.take_back(number) {
                    // What was pending for blocks inside this one went away with them.
                    self.owed.retain(|owed| owed.number() < number);
                    self.owed.push(Owed::Undo(number));
                }
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

    /// Whether the savepoint was never set: then nothing was sent behind it either, and all that is pending for
    /// it is dropped.
    fn take_back(&mut self, number: u32) -> bool {
        let unset = self.owed.iter().position(|owed| *owed == Owed::Set(number));
        if let Some(at) = unset {
            self.owed.truncate(at);
        }
        unset.is_some()
    }

    /// Ends the outermost block. Nested blocks that were never left are undone.
    pub(crate) fn end(&mut self, ok: bool) -> End<K> {
        let mut forgotten = None;
        while !self.levels.is_empty() {
            if let Left::Undone { kept, .. } = self.leave(false) {
                forgotten = Some(kept);
            }
        }
        match self.mark.take() {
            None if ok => End::Commit { forgotten },
            why => End::RollBack {
                why: if ok { why } else { None },
            },
        }
    }

    /// What must be sent before the next statement.
    pub(crate) fn pending(&self) -> &[Owed] {
        &self.owed
    }

    /// Takes what must be sent before the next statement.
    pub(crate) fn flush_pending(&mut self) -> Vec<Owed> {
        std::mem::take(&mut self.owed)
    }

    /// Whether the COMMIT needs anything of it: releases are implied by COMMIT, undoing is not.
    pub(crate) fn flush_for_commit(&mut self) -> Vec<Owed> {
        let owed = self.flush_pending();
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
        let (Owed::Set(number) | Owed::Release(number) | Owed::Undo(number)) = self;
        number
    }
}

#[cfg(test)]
mod tests;
