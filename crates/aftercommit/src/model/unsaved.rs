//! Which ids rows had before a write. Pure.

use super::Model;
use crate::error::Result;

/// The ids of the rows before a write, in their order.
///
/// A write that failed takes back the ids that it gave: by the next try they may be those of other rows, which it would
/// write over.
pub(super) struct Unsaved<M: Model>(Vec<M::Id>);

impl<M: Model> Unsaved<M> {
    pub(super) fn of(instances: &[M]) -> Self {
        Self(
            instances
                .iter()
                .map(|instance| instance.id().clone())
                .collect(),
        )
    }

    /// Hands the result on. If nobody knows whether the rows are there, their ids stay with them.
    pub(super) fn unless_written<T>(self, instances: &mut [M], result: Result<T>) -> Result<T> {
        if result
            .as_ref()
            .is_err_and(|error| !error.is_commit_in_doubt())
        {
            for (instance, id) in instances.iter_mut().zip(self.0) {
                instance.set_id(id);
            }
        }
        result
    }
}
