//! What a model sends. Pure.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Model;

/// A row is about to be written. A receiver that fails prevents it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Saving<M> {
    /// The row as it will be written.
    pub instance: M,
    /// The columns, where only some were asked for.
    pub only: Option<Vec<Cow<'static, str>>>,
}

/// A row was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Saved<M> {
    /// The row as it was written, with what the database added to it.
    pub instance: M,
    /// Whether the row is new.
    pub created: bool,
    /// The columns, where only some were asked for.
    pub only: Option<Vec<Cow<'static, str>>>,
    /// The row as it was, where the model keeps it (`keep_old`) and there was one.
    pub old: Option<M>,
    /// The columns that were written; with [`old`](Self::old), those of them that differ from it.
    pub changed: Vec<Cow<'static, str>>,
}

/// A row is about to be deleted. A receiver that fails prevents it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deleting<M> {
    /// The row.
    pub instance: M,
}

/// A row was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deleted<M> {
    /// The row as the caller knew it.
    pub instance: M,
    /// Whether the table had it still.
    pub found: bool,
}

/// Many rows were written at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedMany<M> {
    /// The rows as they were written.
    pub instances: Vec<M>,
    /// For each of them, whether it is new.
    pub created: Vec<bool>,
}

/// Many rows were deleted at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "M::Id: Serialize",
    deserialize = "M::Id: Deserialize<'de>"
))]
#[non_exhaustive]
pub struct DeletedMany<M: Model> {
    /// The ids that were asked for, in the caller's order.
    pub ids: Vec<M::Id>,
    /// How many of them the table had.
    pub found: u64,
}

impl<M: Model> Saving<M> {
    /// For code that writes the row with SQL of its own.
    pub fn new(instance: M) -> Self {
        Self {
            instance,
            only: None,
        }
    }
}

impl<M: Model> Saved<M> {
    /// For code that has inserted the row with SQL of its own.
    pub fn created(instance: M) -> Self {
        let columns = M::TABLE.columns.iter();
        Self {
            instance,
            created: true,
            only: None,
            old: None,
            changed: columns.map(|column| column.name.into()).collect(),
        }
    }

    /// For code that has updated columns of the row with SQL of its own.
    pub fn updated(
        instance: M,
        columns: impl IntoIterator<Item = impl Into<Cow<'static, str>>>,
    ) -> Self {
        let changed: Vec<_> = columns.into_iter().map(Into::into).collect();
        Self {
            instance,
            created: false,
            only: Some(changed.clone()),
            old: None,
            changed,
        }
    }
}

impl<M> Saved<M> {
    /// Whether a column is among the changed ones.
    pub fn has_changed(&self, column: &str) -> bool {
        self.changed.iter().any(|changed| changed == column)
    }
}

impl<M: Model> Deleting<M> {
    /// For code that deletes the row with SQL of its own.
    pub fn new(instance: M) -> Self {
        Self { instance }
    }
}

impl<M: Model> Deleted<M> {
    /// For code that has deleted the row with SQL of its own.
    pub fn new(instance: M) -> Self {
        Self {
            instance,
            found: true,
        }
    }
}

impl<M: Model> SavedMany<M> {
    /// For code that has inserted the rows with SQL of its own.
    pub fn created(instances: Vec<M>) -> Self {
        Self {
            created: vec![true; instances.len()],
            instances,
        }
    }

    /// For code that has updated the rows with SQL of its own.
    pub fn updated(instances: Vec<M>) -> Self {
        Self {
            created: vec![false; instances.len()],
            instances,
        }
    }
}

impl<M: Model> DeletedMany<M> {
    /// For code that has deleted the rows with SQL of its own.
    pub fn new(ids: Vec<M::Id>) -> Self {
        Self {
            found: ids.len() as u64,
            ids,
        }
    }
}
