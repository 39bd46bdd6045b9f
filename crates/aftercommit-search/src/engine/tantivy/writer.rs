//! The one thread that writes.

use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};

use tantivy::{IndexReader, IndexWriter, TantivyDocument, TantivyError, Term};
use tokio::sync::oneshot;

use super::schema::Fields;
use crate::change::{Change, Value};
use crate::error::{Error, Result};

/// A batch of changes, and who waits for it.
struct Batch {
    changes: Vec<Change>,
    done: oneshot::Sender<Result<()>>,
}

/// Hands changes to the thread. It ends when this is dropped and all is written.
pub(super) struct Writer(Sender<Batch>);

impl Writer {
    pub(super) fn start(writer: IndexWriter, reader: IndexReader, fields: Fields) -> Result<Self> {
        let (sender, receiver) = channel();
        std::thread::Builder::new()
            .name("aftercommit-search".into())
            .spawn(move || write(writer, &reader, &fields, &receiver))
            .map_err(|error| {
                Error::new("SEARCH_ENGINE", "no thread for the index").caused(error)
            })?;
        Ok(Self(sender))
    }

    pub(super) async fn apply(&self, changes: Vec<Change>) -> Result<()> {
        let gone = || {
            Error::new(
                "SEARCH_ENGINE",
                "the thread that writes the index has ended",
            )
        };
        let (done, told) = oneshot::channel();
        self.0.send(Batch { changes, done }).map_err(|_| gone())?;
        told.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// Writes what has come in while the last commit was made with one commit.
fn write(
    mut writer: IndexWriter,
    reader: &IndexReader,
    fields: &Fields,
    batches: &Receiver<Batch>,
) {
    while let Ok(first) = batches.recv() {
        let together: Vec<Batch> = std::iter::once(first).chain(batches.try_iter()).collect();
        let written = together
            .iter()
            .flat_map(|batch| &batch.changes)
            .try_for_each(|change| stage(&writer, fields, change))
            .and_then(|()| writer.commit())
            .and_then(|_| reader.reload());
        if written.is_err() {
            // What of it was staged must not come out with the next commit.
            let _: std::result::Result<u64, TantivyError> = writer.rollback();
        }
        for batch in together {
            let result =
                match &written {
                    Ok(()) => Ok(()),
                    Err(error) => Err(Error::new("SEARCH_ENGINE", "the change was not written")
                        .caused(error.clone())),
                };
            // Nobody waits any more: the change was made all the same.
            let _: std::result::Result<(), Result<()>> = batch.done.send(result);
        }
    }
    // Merges that are under way would be thrown away.
    let _: std::result::Result<(), TantivyError> = writer.wait_merging_threads();
}

fn stage(
    writer: &IndexWriter,
    fields: &Fields,
    change: &Change,
) -> std::result::Result<(), TantivyError> {
    let term = |id: &str| Term::from_field_text(fields.id, id);
    match change {
        Change::Clear => writer.delete_all_documents().map(drop),
        Change::Remove { id } => {
            writer.delete_term(term(id));
            Ok(())
        }
        Change::Put { id, values } => {
            let mut document = TantivyDocument::new();
            document.add_text(fields.id, id);
            for ((_, _, field), value) in fields.all.iter().zip(values) {
                match value {
                    Value::Text(text) => document.add_text(*field, text),
                    Value::Number(number) => document.add_i64(*field, *number),
                }
            }
            writer.delete_term(term(id));
            writer.add_document(document).map(drop)
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
