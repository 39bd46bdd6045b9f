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

/// An index in a folder, or in memory. One process writes it, and others may read it; each index has a folder of its own.
///
/// Changes that come while one is being written are written together: a commit takes some 20 ms on a disk, whether it
/// has one document or a hundred.
pub struct Tantivy {
    folder: Option<PathBuf>,
    access: Access,
    open: OnceLock<Arc<Open>>,
    /// What to open, once it is there.
    definition: OnceLock<Definition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Write,
    Read,
}

struct Open {
    fields: Fields,
    reader: IndexReader,
    /// `None`: another process writes.
    writer: Option<Writer>,
}

/// The least that tantivy takes, for one thread.
const BUDGET: usize = 15_000_000;

impl Tantivy {
    /// In this folder, which is made if it is missing.
    pub fn in_folder(folder: impl AsRef<Path>) -> Self {
        Self::new(Some(folder.as_ref().to_owned()))
    }

    /// In memory, for tests.
    pub fn in_memory() -> Self {
        Self::new(None)
    }

    /// Only asked here, and written by another process. A change is an error (`SEARCH_READ_ONLY`); an index that is not there
    /// yet is empty. A search finds what had been committed to the index when it began.
    pub fn read_only(mut self) -> Self {
        self.access = Access::Read;
        self
    }

    fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            access: Access::Write,
            open: OnceLock::new(),
            definition: OnceLock::new(),
        }
    }

    /// Opens the index. `None`: it is only read, and not there yet.
    async fn opened(&self) -> Result<Option<Arc<Open>>> {
        if let Some(open) = self.open.get() {
            return Ok(Some(Arc::clone(open)));
        }
        let Some(index) = self.definition.get().cloned() else {
            let why = "the index is not open: make it with `Index::open`";
            return Err(Error::new("SEARCH_ENGINE", why));
        };
        let (folder, access) = (self.folder.clone(), self.access);
        let open = blocking(move || open(folder.as_deref(), &index, access)).await?;
        Ok(open.map(|open| Arc::clone(self.open.get_or_init(|| Arc::new(open)))))
    }
}

impl Engine for Tantivy {
    fn open<'e>(&'e self, index: &'e Definition) -> BoxFuture<'e, Result<()>> {
        Box::pin(async move {
            self.definition.set(index.clone()).map_err(|_| {
                Error::new(
                    "SEARCH_ENGINE",
                    "the engine has an index already: give each index its own",
                )
            })?;
            self.opened().await.map(drop)
        })
    }

    fn apply(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let open = self.opened().await?;
            match open.as_ref().and_then(|open| open.writer.as_ref()) {
                Some(writer) => writer.apply(changes).await,
                None => Err(Error::new(
                    "SEARCH_READ_ONLY",
                    "the index is only read here: another process writes it",
                )),
            }
        })
    }

    fn search(&self, query: Query) -> BoxFuture<'_, Result<Page>> {
        Box::pin(async move {
            let Some(open) = self.opened().await? else {
                return Ok(Page::new(0, query.page, query.size, Vec::new()));
            };
            blocking(move || {
                if open.writer.is_none() {
                    // Nobody in this process knows when something was written.
                    open.reader.reload().map_err(|error| {
                        Error::new("SEARCH_ENGINE", "the index could not be read").caused(error)
                    })?;
                }
                ask::ask(&open.reader.searcher(), &open.fields, &query)
            })
            .await
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

fn open(folder: Option<&Path>, definition: &Definition, access: Access) -> Result<Option<Open>> {
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
            let directory = MmapDirectory::open(folder).map_err(TantivyError::from);
            let directory = directory.map_err(failed)?;
            // Whoever only reads must not make it: at the same time the other one may, and fill it.
            if access == Access::Read && !tantivy::Index::exists(&directory).unwrap_or(false) {
                return Ok(None);
            }
            tantivy::Index::open_or_create(directory, schema)
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
    let writer = match access {
        Access::Read => None,
        Access::Write => {
            let writer = index.writer_with_num_threads(1, BUDGET).map_err(failed)?;
            Some(Writer::start(writer, reader.clone(), fields.clone())?)
        }
    };
    Ok(Some(Open {
        writer,
        fields,
        reader,
    }))
}

impl fmt::Debug for Tantivy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tantivy")
            .field("folder", &self.folder)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}
