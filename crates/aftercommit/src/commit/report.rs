//! What a committed block and its hooks came to.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::error::BoxError;

/// The value of a committed block, and what its hooks did.
///
/// That a hook failed is told here and not as an error, because the data is committed all the same.
#[derive(Debug)]
#[must_use]
pub struct Report<T> {
    /// What the block returned.
    pub value: T,
    /// One outcome per hook, in the order in which they ran.
    pub hooks: Vec<HookOutcome>,
}

impl<T> Report<T> {
    /// The hooks that failed or panicked.
    pub fn failures(&self) -> impl Iterator<Item = &HookOutcome> {
        self.hooks.iter().filter(|hook| hook.result.is_err())
    }
}

/// What one hook did.
#[derive(Debug)]
#[non_exhaustive]
pub struct HookOutcome {
    /// The receiver's name, or the name given at registration.
    pub name: Option<Arc<str>>,
    /// Where it was registered, or where the receiver was connected.
    pub place: &'static Location<'static>,
    /// How long it ran.
    pub took: Duration,
    /// Its error; a panic is an error with the code `PANICKED`.
    pub result: Result<(), BoxError>,
}
