//! A mailbox that is a folder: one file a mail, which any mail program opens.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aftercommit::{Error, Result};

/// Outgoing mail. Clones are the same folder.
#[derive(Clone, Debug)]
pub struct Mailbox {
    folder: PathBuf,
    sent: Arc<AtomicU32>,
}

impl Mailbox {
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let sent = std::fs::read_dir(&folder)?.count();
        Ok(Self {
            folder,
            sent: Arc::new(AtomicU32::new(u32::try_from(sent).unwrap_or(0))),
        })
    }

    /// Sends the welcome. Username and address have been checked: neither can hold a line break.
    pub async fn send(&self, to: &str, username: &str) -> Result<()> {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(format!("{number:05}-{username}.eml"));
        let mail = format!(
            "From: hipster@localhost.example\r\nTo: {to}\r\nSubject: Welcome, {username}\r\n\r\nGood to have you.\r\n"
        );
        tokio::task::spawn_blocking(move || std::fs::write(path, mail))
            .await
            .map_err(Error::other)?
            .map_err(Error::other)
    }

    /// To whom mail went, in order of sending.
    pub fn usernames(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names
            .iter()
            .filter_map(|name| name.strip_suffix(".eml")?.split_once('-'))
            .map(|(_, username)| username.to_owned())
            .collect())
    }

    pub fn clear(&self) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "eml") {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}
