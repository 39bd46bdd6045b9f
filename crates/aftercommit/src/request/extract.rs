//! What a handler takes.

use std::fmt;
use std::ops::{Deref, DerefMut};

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use super::slot::{Slot, State};
use crate::error::{Error, Kind, Result};
use crate::store::Dialect;
use crate::transaction::{Begun, Tx};

/// The transaction of the request. It stands for the [`Tx`] inside it; a query runs on it with `&mut *tx`.
///
/// The handler does not commit: a response that is no error does. A handler that wants its 200 and nothing written, for a preview,
/// calls [`set_rollback`](Tx::set_rollback).
///
/// `Name` is that of the layer, for two databases of one kind: see [`named`](super::TransactionLayer::named).
#[must_use = "a transaction is begun for nothing"]
pub struct Transaction<DB: Dialect, Name = ()> {
    /// There until this is dropped.
    begun: Option<Begun<DB>>,
    in_use: bool,
    slot: Slot<DB, Name>,
}

impl<DB: Dialect, Name: 'static, S: Send + Sync> FromRequestParts<S> for Transaction<DB, Name> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refused> {
        let slot = parts.extensions.get::<Slot<DB, Name>>().cloned();
        let slot = slot.ok_or_else(|| Refused(Error::new(Kind::NoTransactionLayer)))?;
        if let Some(outer) = slot.hides {
            let inner = slot.place;
            return Err(Refused(Error::new(Kind::TransactionLayers {
                outer,
                inner,
            })));
        }
        match slot.replace(State::Lent) {
            // Given back by an extractor that ran before the handler: it goes on.
            State::Back(begun) => Ok(Self {
                begun: Some(*begun),
                in_use: false,
                slot,
            }),
            State::Unused => match slot.db.with(slot.options.clone()).begin().await {
                Ok(begun) => Ok(Self {
                    begun: Some(begun),
                    in_use: false,
                    slot,
                }),
                Err(error) => {
                    slot.replace(State::Unused);
                    Err(Refused(error))
                }
            },
            before @ (State::Lent | State::Closed) => {
                slot.replace(before);
                Err(Refused(Error::new(Kind::TransactionLent)))
            }
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "the transaction is only taken when this is dropped"
)]
impl<DB: Dialect, Name> Deref for Transaction<DB, Name> {
    type Target = Tx<DB>;

    fn deref(&self) -> &Tx<DB> {
        self.begun.as_ref().expect("there until dropped")
    }
}

#[expect(
    clippy::expect_used,
    reason = "the transaction is only taken when this is dropped"
)]
impl<DB: Dialect, Name> DerefMut for Transaction<DB, Name> {
    fn deref_mut(&mut self) -> &mut Tx<DB> {
        if !self.in_use {
            self.in_use = true;
            self.slot.use_it();
        }
        self.begun.as_mut().expect("there until dropped")
    }
}

impl<DB: Dialect, Name> Drop for Transaction<DB, Name> {
    fn drop(&mut self) {
        if let Some(begun) = self.begun.take() {
            self.slot.give_back(begun);
        }
    }
}

impl<DB: Dialect, Name> fmt::Debug for Transaction<DB, Name> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transaction").field(&self.begun).finish()
    }
}

/// Why a handler did not get its transaction, or a response was not what the handler said.
///
/// As a response it says no more than its status: 503 if trying again may help or the request took too long,
/// 500 otherwise. The reason is logged.
#[derive(Debug)]
pub struct Refused(pub Error);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        tracing::error!(error = %self.0, "the transaction of a request failed");
        let again = self.0.is_retryable() || self.0.is_busy();
        let (status, text) = if self.0.code() == Some("REQUEST_TOO_LONG") {
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the request took too long, and nothing was changed",
            )
        } else if self.0.is_commit_in_doubt() {
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "it is not known whether the request was carried out",
            )
        } else if again {
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "nothing was changed; please try again",
            )
        } else {
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "something went wrong, and nothing was changed",
            )
        };
        (status, text).into_response()
    }
}
