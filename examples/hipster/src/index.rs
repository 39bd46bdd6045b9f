//! The search index: tantivy, in a folder.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aftercommit::{Error, Result};
use tantivy::collector::TopDocs;
use tantivy::directory::MmapDirectory;
use tantivy::query::AllQuery;
use tantivy::schema::{Field, STORED, STRING, Schema, Value};
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError};

/// The documents that a search would find. Clones are the same index.
#[derive(Clone)]
pub struct Index {
    writer: Arc<Mutex<IndexWriter>>,
    reader: IndexReader,
    username: Field,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").finish_non_exhaustive()
    }
}

/// More than this the page does not show.
const SHOWN: usize = 1_000;

impl Index {
    pub fn open(folder: &Path) -> Result<Self, TantivyError> {
        std::fs::create_dir_all(folder)?;
        let mut schema = Schema::builder();
        let username = schema.add_text_field("username", STRING | STORED);
        let directory = MmapDirectory::open(folder)?;
        let index = tantivy::Index::open_or_create(directory, schema.build())?;
        // Read again by hand after each change: a page must show what was just done.
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        let writer = index.writer_with_num_threads(1, 15_000_000)?;
        Ok(Self {
            writer: Arc::new(Mutex::new(writer)),
            reader,
            username,
        })
    }

    /// Adds a document, which searches find as soon as this returns.
    pub async fn add(&self, username: &str) -> Result<()> {
        let mut document = TantivyDocument::default();
        document.add_text(self.username, username);
        self.change(move |writer| writer.add_document(document).map(drop))
            .await
    }

    pub async fn clear(&self) -> Result<()> {
        self.change(|writer| writer.delete_all_documents().map(drop))
            .await
    }

    /// Who can be found.
    pub fn usernames(&self) -> Result<Vec<String>, TantivyError> {
        let searcher = self.reader.searcher();
        let mut found = Vec::new();
        for (_, address) in
            searcher.search(&AllQuery, &TopDocs::with_limit(SHOWN).order_by_score())?
        {
            let document: TantivyDocument = searcher.doc(address)?;
            let username = document
                .get_first(self.username)
                .and_then(|value| value.as_str().map(str::to_owned));
            found.extend(username);
        }
        found.sort();
        Ok(found)
    }

    async fn change(
        &self,
        change: impl FnOnce(&mut IndexWriter) -> Result<(), TantivyError> + Send + 'static,
    ) -> Result<()> {
        let index = self.clone();
        let changed = tokio::task::spawn_blocking(move || {
            let mut writer = index.writer.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut writer)?;
            writer.commit()?;
            index.reader.reload()
        });
        changed.await.map_err(Error::other)?.map_err(Error::other)
    }
}
