//! How the outermost block ends: COMMIT or ROLLBACK, as the ledger says.

use std::sync::Arc;

use super::ledger::{End, Mark};
use super::tx::GRACE;
use super::{Tx, close_or_release};
use crate::commit::{Commit, HookOutcome, Report};
use crate::error::{Error, Kind, Result};
use crate::observe::{Control, Event};
use crate::store::Dialect;

impl<DB: Dialect> Tx<DB> {
    pub(super) async fn roll_back_by_hand(mut self) {
        let _: End = self.ledger.end(false);
        self.roll_back(None).await;
    }

    /// Ends the outermost block with what its body returned.
    pub(crate) async fn end<T, E: From<Error>>(self, result: Result<T, E>) -> Result<Report<T>, E> {
        self.end_of_try(result).await.0
    }

    /// Like [`end`](Self::end), and tells whether it failed for a conflict.
    pub(super) async fn end_of_try<T, E: From<Error>>(
        mut self,
        result: Result<T, E>,
    ) -> (Result<Report<T>, E>, bool) {
        // A statement that nobody waits for may still decide the fate of the block.
        if result.is_ok() {
            self.drain().await;
            self.prove().await;
        }
        let value = match (self.ledger.end(result.is_ok()), result) {
            (End::Commit, Ok(value)) => value,
            (End::Commit | End::RollBack { .. }, Err(error)) => {
                let collided = self.collided;
                self.roll_back(None).await;
                return (Err(error), collided);
            }
            (End::RollBack { why }, Ok(_)) => {
                let mismatch = self
                    .mismatch
                    .take()
                    .map(|source| Error::new(Kind::StateMismatch { source }));
                let (error, collided) =
                    (mismatch.unwrap_or_else(|| rolled_back(why)), self.collided);
                self.roll_back(Some(&error)).await;
                return (Err(error.into()), collided);
            }
        };
        match self.confirm().await {
            Ok(hooks) => (Ok(Report { value, hooks }), false),
            Err(error) => {
                let collided = error.is_conflict();
                (Err(error.into()), collided)
            }
        }
    }

    async fn confirm(mut self) -> Result<Vec<HookOutcome>> {
        let limit = self.db.observers().hook_limit;
        let excess = if self.hooks.len() > limit {
            Some(Kind::TooManyHooks { limit })
        } else if self.effects.len() > limit {
            Some(Kind::TooManyEffects { limit })
        } else {
            None
        };
        if let Some(excess) = excess {
            let error = Error::new(excess);
            self.roll_back(Some(&error)).await;
            return Err(error);
        }
        self.warn_if_long();
        let Some(held) = self.link.take() else {
            let error = Error::new(Kind::Broken {
                first: "the connection was lost".into(),
                conflict: false,
            });
            self.roll_back(Some(&error)).await;
            return Err(error);
        };
        self.ended = true;
        let effects = std::mem::take(&mut self.effects);
        let commit = Commit {
            births: self.db.station().handover.births(effects),
            db: self.db.clone(),
            identity: self.identity.clone(),
            options: self.options.clone(),
            facts: Arc::clone(&self.facts),
            owed: self.ledger.settle_for_commit(),
            life: self.life.clone(),
        };
        let given = std::mem::take(&mut self.given_ids);
        let result = commit.confirm(held, std::mem::take(&mut self.hooks)).await;
        // In doubt the rows may be there, and an id that is found is that row's.
        if result
            .as_ref()
            .is_err_and(|error| !error.is_commit_in_doubt())
        {
            self.db.add_void_ids(given);
        }
        result
    }

    async fn roll_back(&mut self, why: Option<&Error>) {
        self.warn_if_long();
        self.db
            .observers()
            .observe(&Event::Control(Control::RollBack));
        // Within the grace, so that one lost statement does not hold up the caller for as long as it runs.
        let _: std::result::Result<_, tokio::time::error::Elapsed> =
            tokio::time::timeout(GRACE, self.link.drain()).await;
        match self.link.take() {
            // Closed, so that it fails once and not for as long as the pool keeps it.
            Some(held) if self.stale_plan => drop(held),
            Some(held) => close_or_release(held, &self.options).await,
            None => {}
        }
        self.hooks.clear();
        self.effects.clear();
        self.db.add_void_ids(self.given_ids.drain(..));
        self.ended = true;
        self.life.not_committed(why);
    }

    fn warn_if_long(&self) {
        if !self.warned {
            self.life.warn_if_long();
        }
    }
}

/// The error of a block that was left without one and is rolled back all the same.
pub(super) fn rolled_back(why: Option<Mark>) -> Error {
    Error::new(match why {
        Some(Mark::Failed { first, conflict }) => Kind::Broken { first, conflict },
        Some(Mark::Asked { place }) => Kind::RolledBack { place: Some(place) },
        Some(Mark::Joined) | None => Kind::RolledBack { place: None },
    })
}
