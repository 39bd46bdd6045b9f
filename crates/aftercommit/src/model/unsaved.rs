//! Which rows had no id before a write. Pure.

use super::Model;
use crate::error::Result;

/// The rows that have still to get an id, by their place, with what stands there instead of one.
///
/// A write that failed takes back the ids that it gave: by the next try they may be those of other rows, which it would
/// write over.
pub(super) struct Unsaved<M: Model>(Vec<(usize, M::Id)>);

impl<M: Model> Unsaved<M> {
    pub(super) fn of(instances: &[M]) -> Self {
        let unset = |(_, instance): &(usize, &M)| instance.is_unset();
        let unset = instances.iter().enumerate().filter(unset);
        Self(
            unset
                .map(|(at, instance)| (at, instance.id().clone()))
                .collect(),
        )
    }

    /// Hands the result on. If nobody knows whether the rows are there, their ids stay with them.
    pub(super) fn unless_written<T>(self, instances: &mut [M], result: Result<T>) -> Result<T> {
        if result
            .as_ref()
            .is_err_and(|error| !error.is_commit_in_doubt())
        {
            for (at, id) in self.0 {
                instances[at].set_id(id);
            }
        }
        result
    }
}
