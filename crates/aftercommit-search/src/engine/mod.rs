//! What keeps the documents.

#[cfg(feature = "tantivy")]
mod tantivy;

use futures_core::future::BoxFuture;

use crate::change::Change;
use crate::error::Result;
use crate::index::Definition;
use crate::page::Page;
use crate::query::Query;

#[cfg(feature = "tantivy")]
pub use tantivy::Tantivy;

/// An engine with one index.
pub trait Engine: Send + Sync + 'static {
    /// Opens the index, and makes it if it is not there. Called once, before anything else.
    ///
    /// # Errors
    ///
    /// An index that cannot be opened, or was made with other fields.
    fn open<'e>(&'e self, index: &'e Definition) -> BoxFuture<'e, Result<()>>;

    /// Makes the changes, in order. Searches find them when it returns.
    ///
    /// # Errors
    ///
    /// None of them was made.
    fn apply(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<()>>;

    /// Answers a query that was checked.
    ///
    /// # Errors
    ///
    /// An index that cannot be read.
    fn search(&self, query: Query) -> BoxFuture<'_, Result<Page>>;
}
