//! The hooks that a commit would have run.

use crate::commit::{Hook, HookOutcome, run_one};
use crate::error::Result;
use crate::guard;
use crate::observe::Observers;
use crate::store::Dialect;
use crate::transaction::{AsyncBlock, Tx};

/// Runs the body and takes away the hooks that it registered and that are still registered at its end.
///
/// They do not run at the commit any more. Hooks of a nested block that was rolled back are not among them.
///
/// # Cancel safety
///
/// As for the body; hooks that were not taken stay registered.
pub async fn capture_on_commit<DB, T, E, F>(tx: &mut Tx<DB>, body: F) -> (Result<T, E>, Captured)
where
    DB: Dialect,
    F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
        + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
        + Send,
{
    let before = tx.pending_hooks();
    let result = body(&mut *tx).await;
    // A block around the body may have been undone meanwhile, and hooks from before with it.
    let from = before.min(tx.hooks.len());
    let hooks = tx.hooks.split_off(from);
    (
        result,
        Captured {
            hooks,
            observers: tx.db().observers().clone(),
        },
    )
}

/// Hooks that were taken away by [`capture_on_commit`].
#[derive(Debug)]
#[must_use = "captured hooks run only when `run` is called"]
pub struct Captured {
    hooks: Vec<Hook>,
    observers: Observers,
}

impl Captured {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.hooks.len()
    }

    /// Was nothing captured?
    pub fn is_empty(&self) -> bool {
        self.hooks.is_empty()
    }

    /// Their names, in the order of registration; an ad-hoc hook has none.
    pub fn names(&self) -> Vec<Option<&str>> {
        self.hooks.iter().map(|hook| hook.name.as_deref()).collect()
    }

    /// # Panics
    ///
    /// If not exactly these were captured, in this order, with both lists. An ad-hoc hook has no name, and is `""` here.
    #[track_caller]
    pub fn assert_names(&self, expected: &[&str]) {
        let names: Vec<&str> = self
            .names()
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect();
        assert_eq!(
            names, expected,
            "captured hooks (left) are not what was expected (right)"
        );
    }

    /// Runs them as a commit would: all of them, each behind its own wall.
    ///
    /// # Cancel safety
    ///
    /// The hook that is running is dropped, and those behind it do not run.
    pub async fn run(self) -> Vec<HookOutcome> {
        let mut outcomes = Vec::with_capacity(self.hooks.len());
        for hook in self.hooks {
            outcomes.push(guard::outside(run_one(&self.observers, hook)).await);
        }
        outcomes
    }

    /// Registers them again: the commit will run them.
    pub fn put_back<DB: Dialect>(self, tx: &mut Tx<DB>) {
        tx.hooks.extend(self.hooks);
    }
}
