//! Sending: calls who listens, in order.

mod call;
mod inside;
mod outside;

use std::any::type_name;
use std::sync::Arc;

use crate::error::{Error, Kind, Result};

/// Sends deeper than this are taken for recursion without an end.
const RECURSION_LIMIT: usize = 64;

/// What each receiver answered to a robust send, in calling order.
pub type Responses = Vec<Response>;

/// What one receiver answered.
#[derive(Debug)]
#[non_exhaustive]
pub struct Response {
    /// The receiver's name.
    pub receiver: Arc<str>,
    /// Its result; a panic is an error with the code `PANICKED`.
    pub result: Result<()>,
}

fn recursion<S>() -> Error {
    Error::new(Kind::SignalRecursion {
        signal: type_name::<S>(),
        limit: RECURSION_LIMIT,
    })
}
