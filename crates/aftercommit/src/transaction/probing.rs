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
use crate::store::{Dialect, ErrorClass, Probe, ProbeAnswer};

/// What is known of a statement that may have ended the transaction.
#[derive(Debug)]
pub(super) enum Probing {
    /// No such statement was sent, or the transaction was still there afterwards.
    Intact,
    /// It was sent, and nobody has asked yet. How many blocks were open inside each other then.
    Pending(Probe, usize),
    /// A statement has failed, so that the server takes nothing but a rollback.
    Unanswerable,
    /// The transaction was ended, or rolled back to a savepoint.
    Ended { why: Option<sqlx::Error> },
}

impl<DB: Dialect> Tx<DB> {
    /// Sets a probe before a statement of this kind, if it needs one. The transaction is open, and nothing runs in it. `first`: nothing
    /// was sent in it.
    pub(super) async fn set_probe(&mut self, kind: &StatementKind, first: bool) -> Result<()> {
        if *kind != StatementKind::Opaque || !self.db.observers().probes() {
            return Ok(());
        }
        // Rare, and so not in the future of every statement.
        Box::pin(self.send_probe(first)).await
    }

    async fn send_probe(&mut self, first: bool) -> Result<()> {
        let Some(mut held) = self.link.take() else {
            return Err(self.refusal());
        };
        let probe = Probe::new(first);
        // Dropped in here, the connection is closed and the block is broken: a reply may be under way.
        let set = async {
            if self.tx_info.session_state.is_none() {
                self.tx_info.session_state = Some(DB::session_state(held.conn()).await?);
            }
            DB::set_probe(held.conn(), &probe).await
        };
        let set = set.await;
        self.link = Link::Idle(held);
        match set {
            Ok(()) => {
                self.probing = Probing::Pending(probe, self.ledger.depth());
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
        if matches!(self.probing, Probing::Pending(..)) {
            Box::pin(self.ask_pending_probe()).await;
        }
    }

    async fn ask_pending_probe(&mut self) {
        let Probing::Pending(probe, depth) = &self.probing else {
            return;
        };
        // The failure of a block that was left without it has been undone with that block.
        let is_ours = *depth <= self.ledger.depth();
        let Some(mut held) = self.link.take() else {
            return;
        };
        let mut asked = DB::has_probe(held.conn(), probe).await;
        // RESET ALL takes the setting away, and leaves the transaction.
        if probe.first
            && matches!(asked, Ok(ProbeAnswer::Gone))
            && let Some(before) = &self.tx_info.begun_before
            && let Ok(Some(now)) = DB::transactions_begun(held.conn()).await
            && before.is_in_the_next(&now)
        {
            asked = Ok(ProbeAnswer::There);
        }
        self.link = Link::Idle(held);
        self.probing = match asked {
            Ok(ProbeAnswer::There) => Probing::Intact,
            Ok(ProbeAnswer::Undone) => {
                if is_ours {
                    self.mark_failed();
                }
                Probing::Intact
            }
            Ok(ProbeAnswer::Gone) => Probing::Ended { why: None },
            Err(error) if DB::is_aborted(&error) => {
                self.mark_failed();
                Probing::Unanswerable
            }
            Err(error) => {
                self.failed(&error);
                Probing::Ended { why: Some(error) }
            }
        };
        self.mark_if_ended();
    }

    /// Code that had the connection may have swallowed the failure. Where it is known already, the first one counts.
    fn mark_failed(&mut self) {
        self.ledger.statement_failed(
            "a statement had failed, and the server had aborted the transaction".into(),
            ErrorClass::Refused,
        );
    }

    /// Notes that a statement about savepoints, or COMMIT, found another transaction than ours.
    pub(super) fn note_mismatch(&mut self, error: sqlx::Error) {
        self.probing = Probing::Ended { why: Some(error) };
        self.mark_if_ended();
    }

    /// After the rollback, outside of any transaction: the error of a block that may have kept something although it rolls back.
    pub(super) async fn kept_something(&mut self, held: Option<&mut Held<DB>>) -> Option<Error> {
        let why = match &mut self.probing {
            Probing::Intact => return None,
            Probing::Unanswerable => {
                let begun_before = self.tx_info.begun_before.as_ref();
                if let (Some(held), Some(before)) = (held, begun_before)
                    && let Ok(Some(after)) = DB::transactions_begun(held.conn()).await
                    && before.is_one_before(&after)
                {
                    return None;
                }
                None
            }
            // The connection broke before anybody could ask.
            Probing::Pending(..) => None,
            // Also where our own rows were rolled back: the rest of the text may have written outside of any transaction.
            Probing::Ended { why } => why.take(),
        };
        Some(Error::new(Kind::StateMismatch { source: why }))
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
            Probing::Ended { why } => Some(Error::new(Kind::StateMismatch { source: why.take() })),
            _ => None,
        }
    }
}
