//! COMMIT, what the server said to it, and the hooks: they go on when the caller stops waiting.

use std::sync::Arc;

use super::{Hook, HookOutcome, run_one};
use crate::error::{Error, Kind};
use crate::guard;
use crate::observe::{Control, Event};
use crate::store::{self, Dialect, Facts, Identity, Trouble, Verdict, own_sql, trouble};
use crate::transaction::{Db, Held, Life, Options, Owed, Shield, close_or_release, owed_sql};

/// Everything that a commit needs, so that no part of it hangs on the caller.
pub(crate) struct Commit<DB: Dialect> {
    pub(crate) db: Db<DB>,
    pub(crate) identity: Identity,
    pub(crate) options: Options,
    pub(crate) facts: Arc<Facts>,
    pub(crate) owed: Vec<Owed>,
    pub(crate) life: Life<DB>,
}

impl<DB: Dialect> Commit<DB> {
    /// Commits and runs the hooks. Once called it goes on to its end, even if nobody waits for it.
    pub(crate) async fn confirm(
        self,
        held: Held<DB>,
        hooks: Vec<Hook>,
    ) -> Result<Vec<HookOutcome>, Error> {
        Shield::new(self.run(held, hooks)).await
    }

    async fn run(self, mut held: Held<DB>, hooks: Vec<Hook>) -> Result<Vec<HookOutcome>, Error> {
        self.db
            .observers()
            .observe(&Event::Control(Control::Commit));
        let sent = DB::simple(held.conn(), own_sql(self.message())).await;
        match sent {
            // The connection goes back first: a hook may need it when the pool has no other.
            Ok(()) => held.release(),
            Err(error) => {
                if let Err(error) = self.look_closer(error, held).await {
                    self.life.not_committed(Some(&error));
                    return Err(error);
                }
            }
        }
        self.life.committed();
        self.db.count_commit(&self.facts);
        Ok(self.run_hooks(hooks).await)
    }

    /// What is still owed, the proof that the transaction is alive, and COMMIT: one message.
    fn message(&self) -> String {
        let commit = DB::commit_sql(&self.identity, &self.options);
        if self.owed.is_empty() {
            commit
        } else {
            owed_sql(&self.owed) + ";\n" + &commit
        }
    }

    /// COMMIT was answered with an error, or not at all. `Ok` if it is committed all the same.
    async fn look_closer(&self, error: sqlx::Error, held: Held<DB>) -> Result<(), Error> {
        let refused = matches!(error, sqlx::Error::Database(_)) && trouble(&error) != Trouble::Cut;
        if refused {
            self.db
                .observers()
                .observe(&Event::Control(Control::RollBack));
            close_or_release(held, &self.options).await;
            return Err(self.why_refused(error));
        }
        // Closed before asking: a server that still holds the session open would answer "in progress".
        drop(held);
        self.db.forget_facts();
        if self.options.is_read_only() {
            return Err(Error::new(Kind::ConnectionLost { source: error }));
        }
        let verdict = self.look_up().await;
        let committed = verdict.as_bool();
        self.db
            .observers()
            .observe(&Event::CutCommitResolved { committed });
        match verdict {
            Verdict::Committed => Ok(()),
            Verdict::RolledBack => Err(Error::new(Kind::ConnectionLost { source: error })),
            Verdict::Unknown { why } => Err(Error::new(Kind::CommitInDoubt {
                why: why.into(),
                source: Some(error.into()),
            })),
        }
    }

    async fn look_up(&self) -> Verdict {
        if !self.options.lookup {
            return Verdict::Unknown {
                why: "looking it up had been given up",
            };
        }
        let patience = self.db.observers().resolve_patience;
        DB::resolve(self.db.pool(), &self.identity, &self.facts, patience).await
    }

    fn why_refused(&self, error: sqlx::Error) -> Error {
        let code = error.as_database_error().and_then(|error| error.code());
        if code.as_deref() == Some("25P02") {
            return Error::new(Kind::Broken {
                first: "the server had aborted it".into(),
                conflict: false,
            });
        }
        if DB::is_state_mismatch(&error) {
            return Error::new(Kind::StateMismatch { source: error });
        }
        store::failed(error, || self.db.lock_holder())
    }

    async fn run_hooks(&self, hooks: Vec<Hook>) -> Vec<HookOutcome> {
        let observers = self.db.observers();
        let mut outcomes = Vec::with_capacity(hooks.len());
        guard::outside(async {
            for hook in hooks {
                outcomes.push(run_one(observers, hook).await);
            }
            outcomes
        })
        .await
    }
}
