//! COMMIT, what the server said to it, and the hooks: they go on when the caller stops waiting.

use std::sync::Arc;

use tracing::dispatcher::{self, Dispatch};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::{Hook, HookOutcome, run_one};
use crate::delivery::{Point, schema_missing};
use crate::effect::{Birth, append};
use crate::error::{Error, Kind};
use crate::guard;
use crate::observe::{Control, Event};
use crate::store::{
    self, CommitMessage, CommitStatus, Dialect, ErrorClass, Identity, ServerInfo, TxInfo, classify,
    leaves_connection_unusable, own_sql,
};
use crate::transaction::{
    Db, Held, Life, Options, Owed, Shield, close_or_release, owed_sql, release,
};

/// Everything that a commit needs, so that no part of it hangs on the caller.
pub(crate) struct Commit<DB: Dialect> {
    pub(crate) db: Db<DB>,
    pub(crate) options: Options,
    pub(crate) server: Arc<ServerInfo>,
    pub(crate) tx: TxInfo,
    /// Something else than plain reading was sent.
    pub(crate) may_have_written: bool,
    pub(crate) owed: Vec<Owed>,
    pub(crate) life: Life<DB>,
    /// The effects that are written with it.
    pub(crate) births: Vec<Birth>,
}

impl<DB: Dialect> Commit<DB> {
    /// Commits and runs the hooks; without a connection nothing was sent, and there is nothing to commit. Once called it goes on to its end, even if nobody waits for it.
    pub(crate) async fn confirm(
        self,
        held: Option<Held<DB>>,
        hooks: Vec<Hook>,
    ) -> Result<Vec<HookOutcome>, Error> {
        Shield::new(self.run(held, hooks)).await
    }

    async fn run(
        mut self,
        held: Option<Held<DB>>,
        hooks: Vec<Hook>,
    ) -> Result<Vec<HookOutcome>, Error> {
        // Given back whatever happens from here on, a panic included.
        let births = UnderWay(self.db.clone(), std::mem::take(&mut self.births));
        match held {
            Some(held) => {
                if let Err(error) = self.send(held, &births.1, !hooks.is_empty()).await {
                    self.life.not_committed(Some(&error));
                    return Err(error);
                }
                self.db.count_commit(&self.server);
                if self.tx.is_of_another(&self.server) {
                    self.db.forget_server();
                }
            }
            None => self
                .db
                .observers()
                .observe(&Event::Control(Control::Commit)),
        }
        self.life.committed();
        self.hand_over(births).await;
        Ok(self.run_hooks(hooks).await)
    }

    /// `Ok`: committed.
    async fn send(
        &mut self,
        mut held: Held<DB>,
        births: &[Birth],
        hooks: bool,
    ) -> Result<(), Error> {
        let mut messages = match births {
            [] => Vec::new(),
            births => append::<DB>(births, self.db.tables(), &self.server),
        };
        let last = messages.pop().unwrap_or_default();
        if !births.is_empty()
            && let Err(error) = self.db.observers().reached(Point::Append).await
        {
            close_or_release(held, &self.options, &self.tx).await;
            return Err(error);
        }
        let mut owed = owed_sql(&self.owed);
        if !owed.is_empty() {
            owed.push_str(";\n");
        }
        for piece in messages {
            // Before COMMIT was sent nothing is in doubt.
            let message = std::mem::take(&mut owed) + &piece;
            if let Err(error) = unlogged(DB::simple(held.conn(), own_sql(message))).await {
                drop(held);
                return Err(schema_missing(Error::from(error)));
            }
        }
        self.db
            .observers()
            .observe(&Event::Control(Control::Commit));
        let message = CommitMessage {
            before: owed + &last,
            before_writes: !births.is_empty(),
            options: &self.options,
            may_have_written: self.may_have_written,
            must_last: hooks || !births.is_empty(),
            pooled: self.db.observers().pooled,
        };
        let sent = DB::commit(held.conn(), message, &mut self.tx, &self.server);
        let sent = match births {
            [] => sent.await,
            _ => unlogged(sent).await,
        };
        match sent {
            // The connection goes back first: a hook may need it when the pool has no other.
            Ok(()) => {
                release(held, &self.tx).await;
                Ok(())
            }
            Err(error) => self.look_closer(error, held).await,
        }
    }

    async fn hand_over(&self, mut births: UnderWay<DB>) {
        if births.1.is_empty() {
            return;
        }
        let observers = self.db.observers();
        // It is committed: what fails here is found by a worker that asks the database.
        let reached = observers.reached(Point::Committed).await;
        observers.observe(&Event::Appended {
            effects: births.1.len(),
        });
        if births.1.iter().any(|birth| birth.owner.is_none()) {
            self.db.station().wake.others(&self.db);
        }
        if reached.is_ok() {
            self.db
                .station()
                .handover
                .give(std::mem::take(&mut births.1));
        }
        let _: Result<(), Error> = observers.reached(Point::HandedOver).await;
    }

    /// COMMIT was answered with an error, or not at all. `Ok` if it is committed all the same.
    async fn look_closer(&self, error: sqlx::Error, held: Held<DB>) -> Result<(), Error> {
        let refused = matches!(error, sqlx::Error::Database(_))
            && !leaves_connection_unusable(&error)
            && classify(&error) != ErrorClass::ConnectionLost;
        if refused {
            self.db
                .observers()
                .observe(&Event::Control(Control::RollBack));
            close_or_release(held, &self.options, &self.tx).await;
            return Err(self.why_refused(error));
        }
        // Closed before asking: a server that still holds the session open would answer "in progress".
        drop(held);
        self.db.forget_server();
        if self.options.is_read_only() {
            return Err(Error::new(Kind::ConnectionLost { source: error }));
        }
        let status = self.look_up().await;
        let committed = status.as_bool();
        self.db
            .observers()
            .observe(&Event::CutCommitResolved { committed });
        match status {
            CommitStatus::Committed => Ok(()),
            CommitStatus::RolledBack => Err(Error::new(Kind::ConnectionLost { source: error })),
            CommitStatus::Unknown { why } => Err(Error::new(Kind::CommitInDoubt {
                why: why.into(),
                source: Some(error.into()),
            })),
        }
    }

    async fn look_up(&self) -> CommitStatus {
        if !self.options.lookup {
            return CommitStatus::Unknown {
                why: "looking it up had been given up",
            };
        }
        if !self.may_have_written {
            return CommitStatus::Unknown {
                why: "its statements only read, as far as their text shows (begin it with `Options::read_only` to be certain)",
            };
        }
        if self.tx.identity == Identity::WroteNothing && self.tx.may_have_notified {
            return CommitStatus::Unknown {
                why: "it has written no row, but a notification may have gone out",
            };
        }
        let patience = self.db.observers().resolve_patience;
        DB::resolve(self.db.pool(), &self.tx.identity, &self.server, patience).await
    }

    fn why_refused(&self, error: sqlx::Error) -> Error {
        if DB::is_aborted(&error) {
            return Error::new(Kind::Broken {
                first: "the server had aborted it".into(),
                class: ErrorClass::Refused,
            });
        }
        if DB::is_state_mismatch(&error) {
            return Error::new(Kind::StateMismatch {
                source: Some(error),
            });
        }
        schema_missing(store::failed(error, || self.db.lock_holder()))
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

/// sqlx logs statements with their text, and slow ones as a warning. In the text of these are payloads, which may be anybody's
/// secrets. (Where nobody listens nothing is changed: whoever is asked to be silent counts as a listener ever after.)
async fn unlogged<T>(statement: impl Future<Output = T>) -> T {
    if dispatcher::get_default(|listener| listener.is::<NoSubscriber>()) {
        return statement.await;
    }
    statement.with_subscriber(Dispatch::none()).await
}

/// Effects that were promised to the worker of this process.
struct UnderWay<DB: Dialect>(Db<DB>, Vec<Birth>);

impl<DB: Dialect> Drop for UnderWay<DB> {
    fn drop(&mut self) {
        self.0.station().handover.forget(&self.1);
    }
}
