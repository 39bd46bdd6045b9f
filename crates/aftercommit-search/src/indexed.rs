//! An index that is open.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use aftercommit::guard;
use aftercommit::model::Model;

use crate::change::Change;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::index::{Definition, Index};
use crate::page::Page;
use crate::query::Query;

/// An open index of a model. Clones are the same index.
pub struct Indexed<M>(Arc<Inner<M>>);

struct Inner<M> {
    index: Index<M>,
    engine: Arc<dyn Engine>,
}

impl<M: Model<Id: fmt::Display>> Indexed<M> {
    pub(crate) fn new(index: Index<M>, engine: Arc<dyn Engine>) -> Self {
        Self(Arc::new(Inner { index, engine }))
    }

    /// Makes the documents of these rows what the rows are, now. Searches find them when this returns.
    ///
    /// # Errors
    ///
    /// What the engine says. Inside an open transaction, what [`aftercommit::guard`] says.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the change is made or not as a whole, whether anybody waits or not.
    #[track_caller]
    pub fn put(&self, rows: &[M]) -> impl Future<Output = Result<()>> + Send + use<M> {
        self.apply(self.changes(rows), Location::caller())
    }

    /// Removes the documents of these ids, now.
    ///
    /// # Errors
    ///
    /// As for [`put`](Self::put).
    ///
    /// # Cancel safety
    ///
    /// As for [`put`](Self::put).
    #[track_caller]
    pub fn remove(&self, ids: &[M::Id]) -> impl Future<Output = Result<()>> + Send + use<M> {
        self.apply(Self::removals(ids), Location::caller())
    }

    /// Removes all documents, now.
    ///
    /// # Errors
    ///
    /// As for [`put`](Self::put).
    ///
    /// # Cancel safety
    ///
    /// As for [`put`](Self::put).
    #[track_caller]
    pub fn clear(&self) -> impl Future<Output = Result<()>> + Send + use<M> {
        self.apply(vec![Change::Clear], Location::caller())
    }

    /// Asks the index.
    ///
    /// # Errors
    ///
    /// A field that is not there or not for that, a page that is none; what the engine says. Never the words.
    ///
    /// # Cancel safety
    ///
    /// Safe.
    pub async fn search(&self, query: Query) -> Result<Page> {
        query.check(self.definition())?;
        self.0.engine.search(query).await
    }

    pub(crate) fn definition(&self) -> &Definition {
        &self.0.index.definition
    }

    /// What rows that were saved do to the index.
    pub(crate) fn changes(&self, rows: &[M]) -> Vec<Change> {
        rows.iter().map(|row| self.0.index.change(row)).collect()
    }

    /// What rows that were deleted do to it.
    pub(crate) fn removals(ids: &[M::Id]) -> Vec<Change> {
        let remove = |id: &M::Id| Change::Remove { id: id.to_string() };
        ids.iter().map(remove).collect()
    }

    /// The name of the receivers that follow the model: one model can have several indexes.
    pub(crate) fn receiver(&self) -> String {
        format!("search index {}", self.definition().name)
    }

    pub(crate) fn apply(
        &self,
        changes: Vec<Change>,
        place: &'static Location<'static>,
    ) -> impl Future<Output = Result<()>> + Send + use<M> {
        let engine = Arc::clone(&self.0.engine);
        async move {
            guard::leaving_at("search index", place).map_err(Error::guard)?;
            if changes.is_empty() {
                return Ok(());
            }
            engine.apply(changes).await
        }
    }
}

impl<M> Clone for Indexed<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M> fmt::Debug for Indexed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Indexed").field(&self.0.index).finish()
    }
}
