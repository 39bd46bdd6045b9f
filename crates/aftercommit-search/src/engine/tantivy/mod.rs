//! Tantivy: an index in a folder, in this process.

mod ask;
mod mark;
mod schema;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use futures_core::future::BoxFuture;
use tantivy::directory::error::LockError;
use tantivy::directory::{MmapDirectory, RamDirectory};
use tantivy::{IndexReader, ReloadPolicy, TantivyError};

use super::Engine;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::index::Definition;
use crate::page::Page;
use crate::query::Query;

use schema::Fields;
use writer::Writer;

/// An index in a folder, or in memory. One process writes it; each index has a folder of its own.
///
/// Changes that come while one is being written are written together: a commit takes some 20 ms on a disk, whether it
/// has one document or a hundred.
pub struct Tantivy {
    folder: Option<PathBuf>,
    open: OnceLock<Arc<Open>>,
}

struct Open {
    fields: Fields,
    reader: IndexReader,
    writer: Writer,
}

/// The least that tantivy takes, for one thread.
const BUDGET: usize = 15_000_000;

impl Tantivy {
    /// In this folder, which is made if it is missing.
    pub fn in_folder(folder: impl AsRef<Path>) -> Self {
        Self {
            folder: Some(folder.as_ref().to_owned()),
            open: OnceLock::new(),
        }
    }

    /// In memory, for tests.
    pub fn in_memory() -> Self {
        Self {
            folder: None,
            open: OnceLock::new(),
        }
    }

    fn opened(&self) -> Result<Arc<Open>> {
        let open = self.open.get().map(Arc::clone);
        open.ok_or_else(|| {
            Error::new(
                "SEARCH_ENGINE",
                "the index is not open: make it with `Index::open`",
            )
        })
    }
}

impl Engine for Tantivy {
    fn open<'e>(&'e self, index: &'e Definition) -> BoxFuture<'e, Result<()>> {
        Box::pin(async move {
            let (folder, index) = (self.folder.clone(), index.clone());
            let open = blocking(move || open(folder.as_deref(), &index)).await?;
            self.open.set(Arc::new(open)).map_err(|_| {
                Error::new(
                    "SEARCH_ENGINE",
                    "the engine has an index already: give each index its own",
                )
            })
        })
    }

    fn apply(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.opened()?.writer.apply(changes).await })
    }

    fn search(&self, query: Query) -> BoxFuture<'_, Result<Page>> {
        Box::pin(async move {
            let open = self.opened()?;
            blocking(move || ask::ask(&open.reader.searcher(), &open.fields, &query)).await
        })
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(Error::new("SEARCH_ENGINE", "the engine's thread ended early").caused(error))
    })
}

fn open(folder: Option<&Path>, definition: &Definition) -> Result<Open> {
    let place = || folder.map_or("memory".to_owned(), |folder| folder.display().to_string());
    let failed = |error: TantivyError| {
        match error {
            TantivyError::SchemaError(_) => Error::new(
                "SEARCH_SCHEMA",
                format!(
                    "the index in {} was made with other fields than {} has now: delete the folder, and put all rows again",
                    place(),
                    definition.name
                ),
            ),
            TantivyError::LockFailure(LockError::LockBusy, _) => Error::new(
                "SEARCH_LOCKED",
                format!("the index in {} is written by another process or another `Tantivy`: one writes, all may read", place()),
            ),
            _ => Error::new("SEARCH_ENGINE", format!("the index in {} cannot be opened", place())),
        }
        .caused(error)
    };
    let (schema, fields) = schema::of(definition);
    let index = match folder {
        None => tantivy::Index::open_or_create(RamDirectory::create(), schema),
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| {
                Error::new(
                    "SEARCH_ENGINE",
                    format!("the folder {} cannot be made", place()),
                )
                .caused(error)
            })?;
            MmapDirectory::open(folder)
                .map_err(TantivyError::from)
                .and_then(|directory| tantivy::Index::open_or_create(directory, schema))
        }
    };
    let index = index.map_err(failed)?;
    schema::register(&index);
    // Read again by hand after each change, so that a search finds what was just done.
    let reader: IndexReader = index
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual)
        .try_into()
        .map_err(failed)?;
    let writer = index.writer_with_num_threads(1, BUDGET).map_err(failed)?;
    Ok(Open {
        writer: Writer::start(writer, reader.clone(), fields.clone())?,
        fields,
        reader,
    })
}

impl fmt::Debug for Tantivy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tantivy")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}
