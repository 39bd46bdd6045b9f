//! The outgoing mail: a folder that can be read, and a server if one is set.

use std::path::PathBuf;
use std::sync::Arc;

use aftercommit::{Delivery, Outcome, Result, Saved};
use aftercommit_mail::{Backend, Files, Limits, Mailer, Message, Outgoing, Policy, Receipt, Smtp};
use futures_core::future::BoxFuture;
use mail_parser::MessageParser;

use crate::users::User;

/// Outgoing mail. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox {
    mailer: Mailer,
    folder: Arc<PathBuf>,
}

/// A mail that was sent, read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

const FROM: &str = "hipster <hello@hipster.example>";

/// Sends by a server, and keeps a copy of what it took.
struct WithCopy(Smtp, Files);

impl Backend for WithCopy {
    fn send<'a>(&'a self, mail: &'a Outgoing) -> BoxFuture<'a, aftercommit_mail::Result<Receipt>> {
        Box::pin(async move {
            let receipt = self.0.send(mail).await?;
            if receipt.outcomes.iter().any(|(_, outcome)| outcome.is_ok()) {
                self.1.send(mail).await?;
            }
            Ok(receipt)
        })
    }
}

impl Mailbox {
    pub(crate) fn open(folder: PathBuf, smtp: Option<Smtp>) -> std::io::Result<Self> {
        let files = Files::open(&folder)?;
        let mailer = match smtp {
            None => Mailer::new(files),
            Some(smtp) => Mailer::new(WithCopy(smtp, files)),
        };
        Ok(Self {
            mailer,
            folder: Arc::new(folder),
        })
    }

    /// Sends the welcome.
    pub(crate) async fn welcome(&self, user: &User) -> Result<()> {
        self.mailer.send(welcome(user)).await?;
        Ok(())
    }

    /// Sends the welcome of an effect, under its id.
    pub(crate) async fn deliver_welcome(&self, saved: &Delivery<Saved<User>>) -> Result<Outcome> {
        let message = welcome(&saved.instance);
        self.mailer.deliver(saved, message).await
    }

    /// Whether mail can go to this address: the mail is its own judge.
    pub(crate) fn takes(address: &str) -> bool {
        let message = Message::new(FROM).to(format!("name <{address}>")).text("");
        message.check(Policy::default(), Limits::default()).is_ok()
    }

    /// What was sent, the oldest first.
    pub(crate) fn sent(&self) -> std::io::Result<Vec<Mail>> {
        let mut ids = Vec::new();
        for entry in std::fs::read_dir(&*self.folder)? {
            let name = entry?.file_name();
            ids.extend(
                name.to_string_lossy()
                    .strip_suffix(".eml")
                    .filter(|id| !id.starts_with('.'))
                    .map(str::to_owned),
            );
        }
        ids.sort();
        // Somebody may have started over meanwhile.
        Ok(ids.iter().filter_map(|id| self.read(id)).collect())
    }

    /// One mail.
    pub(crate) fn read(&self, id: &str) -> Option<Mail> {
        // An id comes from an address that anybody can type: it must not lead out of the folder.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
        if !id.chars().all(plain) || id.starts_with('.') {
            return None;
        }
        let bytes = std::fs::read(self.folder.join(format!("{id}.eml"))).ok()?;
        let read = MessageParser::default().parse(&bytes)?;
        let to = read.to()?.first()?;
        let from = read.from()?.first()?;
        Some(Mail {
            id: id.to_owned(),
            username: to.name().unwrap_or_default().to_owned(),
            to: to.address().unwrap_or_default().to_owned(),
            from: from.address().unwrap_or_default().to_owned(),
            subject: read.subject().unwrap_or_default().to_owned(),
            text: read.body_text(0).unwrap_or_default().into_owned(),
        })
    }

    pub(crate) fn clear(&self) -> std::io::Result<()> {
        for entry in std::fs::read_dir(&*self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "eml") {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

fn welcome(user: &User) -> Message {
    let name = &user.username;
    Message::new(FROM)
        .to(format!("{name} <{}>", user.email))
        .subject(format!("Welcome, {name}"))
        .text(format!("Hello {name},\n\ngood to have you. You can log in and search for others now.\n\nhipster"))
        .html(
            maud::html! {
                p { "Hello " (name) "," }
                p { "good to have you. You can log in and search for others now." }
                p { em { "hipster" } }
            }
            .into_string(),
        )
}
