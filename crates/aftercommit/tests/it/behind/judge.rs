//! What a block promised, and what others see. Pure.

use std::collections::BTreeSet;

/// What happened in a block.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The code of the block's error, if it returned one. An error without a code is `Some("")`.
    pub error: Option<String>,
    /// Rows whose INSERT succeeded.
    pub inserted: BTreeSet<i64>,
    /// Rows of a nested block that returned an error.
    pub undone: BTreeSet<i64>,
    /// Rows whose hook ran.
    pub hooks: BTreeSet<i64>,
    /// Rows that others see afterwards.
    pub seen: BTreeSet<i64>,
    /// The state in which the connection came back to the pool.
    pub state: String,
    /// Messages that the library did not send.
    pub refused: u32,
}

impl Outcome {
    /// Whether the block said that something else had ended its transaction.
    pub fn is_mismatch(&self) -> bool {
        self.error.as_deref() == Some("TX_STATE_MISMATCH")
    }

    /// The first promise that was broken. `default`: the state of a connection that nothing was done to.
    pub fn fault(&self, default: &str) -> Option<String> {
        let without_row: Vec<_> = self.hooks.difference(&self.seen).collect();
        if !without_row.is_empty() {
            return Some(format!("hook without row {without_row:?}"));
        }
        if self.state != default {
            return Some(format!("connection came back as {}", self.state));
        }
        match self.error.as_deref() {
            Some("TX_STATE_MISMATCH" | "COMMIT_IN_DOUBT") => None,
            Some(_) if !self.hooks.is_empty() => Some("hook of a block that failed".into()),
            Some(_) if !self.seen.is_empty() => {
                Some(format!("row that was said to be gone {:?}", self.seen))
            }
            Some(_) => None,
            None => self.fault_of_commit(),
        }
    }

    fn fault_of_commit(&self) -> Option<String> {
        let kept: Vec<_> = self.undone.intersection(&self.seen).collect();
        if !kept.is_empty() {
            return Some(format!("row of a nested block that failed {kept:?}"));
        }
        let promised = self.inserted.difference(&self.undone).copied();
        let missing: Vec<_> = promised.filter(|id| !self.seen.contains(id)).collect();
        (!missing.is_empty()).then(|| format!("row that was committed is gone {missing:?}"))
    }
}
