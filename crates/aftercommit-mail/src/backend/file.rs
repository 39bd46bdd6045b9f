//! Mail in a folder, for development and for programs that pick it up.

use std::io;
use std::path::{Path, PathBuf};

use futures_core::future::BoxFuture;

use super::Backend;
use crate::check::Outgoing;
use crate::error::{Error, Result};
use crate::receipt::{Receipt, Refusal, Why};

/// Writes each message to a file of its own, `<Message-ID>.eml`, which any mail program opens.
///
/// A message that is sent again replaces itself. A file is there as a whole or not at all. Ids of the library's own sort
/// by the time of their making.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// Writes to this folder, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// A folder that cannot be made.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    async fn write(&self, mail: &Outgoing) -> io::Result<()> {
        // The id was checked: letters, digits and a few signs, none of which leads out of the folder.
        let name = mail.message_id();
        let unfinished = self
            .folder
            .join(format!(".{name}.{}", uuid::Uuid::now_v7().simple()));
        tokio::fs::write(&unfinished, mail.wire()).await?;
        tokio::fs::rename(unfinished, self.folder.join(format!("{name}.eml"))).await
    }
}

impl Backend for Files {
    fn send<'a>(&'a self, mail: &'a Outgoing) -> BoxFuture<'a, Result<Receipt>> {
        Box::pin(async move {
            self.write(mail).await.map_err(|error| {
                Error::caused(
                    Refusal::new(Why::Later, "writing the file", &error.to_string()),
                    error,
                )
            })?;
            Ok(Receipt::all(mail.recipients()))
        })
    }
}
