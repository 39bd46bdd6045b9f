//! Whether the transaction is still the one that was begun, after a statement that may have ended it.
//!
//! What a text would do is looked at before it is sent (see [`statement`](super::statement)), but that only serves early and
//! friendly errors. The defence is this: a probe is set before a text that is not understood to its last token, and asked for
//! before the next statement, when a nested block is left, and before COMMIT. It is gone when the transaction has ended, and
//! after a rollback to a savepoint that is older. Then the block answers `TX_STATE_MISMATCH`, whatever it returns.

use super::Tx;
use super::held::Held;
use super::link::Link;
use super::statement::StatementKind;
use crate::error::{Error, Kind, Result};
use crate::store::{Dialect, ErrorClass, Probe};

/// What is known of a statement that may have ended the transaction.
#[derive(Debug)]
pub(super) enum Probing {
    /// No such statement was sent, or the transaction was still there afterwards.
    Intact,
    /// It was sent, and nobody has asked yet.
    Pending(Probe),
    /// A statement has failed, so that the server takes nothing but a rollback.
    Unanswerable(Probe),
    /// The transaction was ended, or rolled back to a savepoint.
    Ended {
        probe: Option<Probe>,
        why: Option<sqlx::Error>,
    },
}

impl<DB: Dialect> Tx<DB> {
    /// Sets a probe before a statement of this kind, if it needs one. The transaction is open, and nothing runs in it.
    pub(super) async fn set_probe(&mut self, kind: &StatementKind) -> Result<()> {
        if *kind != StatementKind::Opaque || !self.db.observers().probes() {
            return Ok(());
        }
        // Rare, and so not in the future of every statement.
        Box::pin(self.send_probe()).await
    }

    async fn send_probe(&mut self) -> Result<()> {
        let Some(mut held) = self.link.take() else {
            return Err(self.refusal());
        };
        let probe = Probe::new();
        // Dropped in here, the connection is closed and the block is broken: a reply may be under way.
        let set = async {
            if self.tx_info.session_state.is_none() {
                self.tx_info.session_state = Some(DB::session_state(held.conn()).await?);
            }
            DB::set_probe(held.conn(), &probe, &self.server).await
        };
        let set = set.await;
        self.link = Link::Idle(held);
        match set {
            Ok(()) => {
                self.probing = Probing::Pending(probe);
                Ok(())
            }
            Err(error) => {
                self.failed(&error);
                Err(Error::from(error))
            }
        }
    }

    /// Asks for the probe, if one is set.
    pub(super) async fn ask_probe(&mut self) {
        if matches!(self.probing, Probing::Pending(_)) {
            Box::pin(self.ask_pending_probe()).await;
        }
    }

    async fn ask_pending_probe(&mut self) {
        let Probing::Pending(probe) = &self.probing else {
            return;
        };
        let Some(mut held) = self.link.take() else {
            return;
        };
        let asked = DB::has_probe(held.conn(), probe).await;
        self.link = Link::Idle(held);
        let probe = probe.clone();
        self.probing = match asked {
            Ok(true) => Probing::Intact,
            Ok(false) => Probing::Ended {
                probe: Some(probe),
                why: None,
            },
            Err(error) if DB::is_aborted(&error) => Probing::Unanswerable(probe),
            Err(error) => {
                self.failed(&error);
                Probing::Ended {
                    probe: Some(probe),
                    why: Some(error),
                }
            }
        };
        self.mark_if_ended();
    }

    /// Asks again after a rollback to a savepoint, which has made the server answer again.
    pub(super) async fn ask_name(&mut self) {
        if matches!(self.probing, Probing::Unanswerable(_)) {
            Box::pin(self.ask_for_name()).await;
        }
    }

    async fn ask_for_name(&mut self) {
        let (Probing::Unanswerable(probe), Some(name)) = (&self.probing, &self.name) else {
            return;
        };
        let Some(mut held) = self.link.take() else {
            return;
        };
        let same = DB::has_name(held.conn(), name).await;
        self.link = Link::Idle(held);
        let probe = probe.clone();
        self.probing = match same {
            Ok(true) => Probing::Intact,
            Ok(false) => Probing::Ended {
                probe: Some(probe),
                why: None,
            },
            Err(error) => {
                self.failed(&error);
                Probing::Ended {
                    probe: Some(probe),
                    why: Some(error),
                }
            }
        };
        self.mark_if_ended();
    }

    /// Notes that a statement about savepoints, or COMMIT, found another transaction than ours.
    pub(super) fn note_mismatch(&mut self, error: sqlx::Error) {
        self.probing = Probing::Ended {
            probe: None,
            why: Some(error),
        };
        self.mark_if_ended();
    }

    /// Asks, after the rollback and outside of any transaction, whether anything of the block was committed all the same.
    /// `None` if there is nothing to ask about, or nobody to ask.
    pub(super) async fn was_committed(&mut self, held: &mut Held<DB>) -> Option<bool> {
        let (Probing::Unanswerable(probe)
        | Probing::Ended {
            probe: Some(probe), ..
        }) = &self.probing
        else {
            return None;
        };
        let asked = DB::was_committed(held.conn(), probe, &self.server).await;
        asked.ok().flatten()
    }

    /// The error of a block that rolls back although something of it may have been kept. `committed`: what the server says.
    pub(super) fn kept_something(&mut self, committed: Option<bool>) -> Option<Error> {
        match (&mut self.probing, committed) {
            (Probing::Intact | Probing::Pending(_), _)
            | (Probing::Unanswerable(_), Some(false)) => None,
            (Probing::Unanswerable(_), _) => Some(Error::new(Kind::StateMismatch { source: None })),
            // Also where our own rows were rolled back: the rest of the text may have written outside of any transaction.
            (Probing::Ended { why, .. }, _) => {
                Some(Error::new(Kind::StateMismatch { source: why.take() }))
            }
        }
    }

    fn mark_if_ended(&mut self) {
        if self.has_ended() {
            self.ledger.statement_failed(
                "a statement ended the transaction or rolled it back to a savepoint".into(),
                ErrorClass::Refused,
            );
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.probing, Probing::Ended { .. })
    }

    /// The error of a block whose transaction was ended behind its back.
    pub(super) fn mismatch(&mut self) -> Option<Error> {
        match &mut self.probing {
            Probing::Ended { why, .. } => {
                Some(Error::new(Kind::StateMismatch { source: why.take() }))
            }
            _ => None,
        }
    }
}
