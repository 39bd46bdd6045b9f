//! How the outermost block ends: COMMIT or ROLLBACK, as the ledger says.

use std::sync::Arc;

use super::ledger::{End, Mark};
use super::statement::StatementKind;
use super::{GRACE, Tx, release};
use crate::commit::{Commit, HookOutcome, Report};
use crate::error::{Error, Kind, Result};
use crate::observe::{Control, Event};
use crate::store::{Dialect, ErrorClass};

impl<DB: Dialect> Tx<DB> {
    pub(super) async fn roll_back_by_hand(mut self) {
        let _ = self.ledger.end(false);
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
            self.ask_probe().await;
        }
        // A nested block that was rolled back for it has taken the mark away.
        let may_commit = result.is_ok() && !self.has_ended();
        let value = match (self.ledger.end(may_commit), result) {
            (End::Commit { forgotten }, Ok(value)) => {
                if let Some(kept) = forgotten {
                    self.keep(kept);
                }
                value
            }
            (_, Err(error)) => {
                let collided = self.collided;
                return match self.roll_back(None).await {
                    // What the body wanted to say would be taken for "nothing was kept".
                    Some(mismatch) => (Err(mismatch.into()), false),
                    None => (Err(error), collided),
                };
            }
            (End::RollBack { why }, Ok(_)) => {
                let error = self.mismatch().unwrap_or_else(|| rolled_back(why));
                let collided = self.collided && !self.has_ended();
                return match self.roll_back(Some(&error)).await {
                    Some(mismatch) => (Err(mismatch.into()), false),
                    None => (Err(error.into()), collided),
                };
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
        if !self.effects.is_empty() {
            self.may_have_written = true;
            if self.link.is_unopened()
                && let Err(error) = self.ready(&StatementKind::Writes).await
            {
                self.roll_back(Some(&error)).await;
                return Err(error);
            }
        }
        self.warn_if_long();
        let untouched = self.link.is_unopened();
        let held = self.link.take();
        if held.is_none() && !untouched {
            let error = Error::new(Kind::Broken {
                first: "the connection was lost".into(),
                class: ErrorClass::ConnectionLost,
            });
            self.roll_back(Some(&error)).await;
            return Err(error);
        }
        self.ended = true;
        let effects = std::mem::take(&mut self.effects);
        let hooks = std::mem::take(&mut self.hooks);
        let commit = Commit {
            births: self.db.station().handover.births(effects),
            db: self.db.clone(),
            options: self.options.clone(),
            server: Arc::clone(&self.server),
            tx: std::mem::take(&mut self.tx_info),
            may_have_written: self.may_have_written,
            owed: self.ledger.flush_for_commit(),
            life: self.life.clone(),
        };
        let given = std::mem::take(&mut self.given_ids);
        let result = commit.confirm(held, hooks).await;
        // In doubt the rows may be there, and an id that is found is that row's.
        if result
            .as_ref()
            .is_err_and(|error| !error.is_commit_in_doubt())
        {
            self.db.add_void_ids(given);
        }
        result
    }

    /// Rolls back. The answer is an error if something else had ended the transaction, and what it had written may be kept.
    async fn roll_back(&mut self, why: Option<&Error>) -> Option<Error> {
        self.warn_if_long();
        self.db
            .observers()
            .observe(&Event::Control(Control::RollBack));
        // Within the grace, so that one lost statement does not hold up the caller for as long as it runs.
        let _: std::result::Result<_, tokio::time::error::Elapsed> =
            tokio::time::timeout(GRACE, async {
                let _: std::result::Result<(), sqlx::Error> = self.link.drain().await;
                self.ask_probe().await;
            })
            .await;
        let mut idle = None;
        if let Some(held) = self.link.take()
            // Closed, so that it fails once and not for as long as the pool keeps it.
            && !self.stale_plan
        {
            idle = super::rolled_back(held, &self.options, &self.tx_info).await;
        }
        let mismatch = self.kept_something(idle.as_mut()).await;
        if let Some(held) = idle {
            release(held, &self.tx_info).await;
        }
        self.hooks.clear();
        self.effects.clear();
        self.db.add_void_ids(self.given_ids.drain(..));
        self.ended = true;
        self.life.not_committed(mismatch.as_ref().or(why));
        mismatch
    }

    fn warn_if_long(&self) {
        if !self.warned && !self.link.is_unopened() {
            self.life.warn_if_long();
        }
    }
}

/// The error of a block that was left without one and is rolled back all the same.
pub(super) fn rolled_back(why: Option<Mark>) -> Error {
    Error::new(match why {
        Some(Mark::Failed { first, class }) => Kind::Broken { first, class },
        Some(Mark::Asked { place }) => Kind::RolledBack { place: Some(place) },
        Some(Mark::Joined) | None => Kind::RolledBack { place: None },
    })
}
