//! Sending: calls who listens, in order.

mod call;
mod depth;
mod inside;
mod outside;

use std::sync::Arc;

use crate::error::Result;

pub(crate) use depth::{at_depth, depth};

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
