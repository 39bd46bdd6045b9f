//! A message as the program says it. Pure, but for the id and the date that it is born with.

use std::fmt;
use std::time::SystemTime;

use crate::attachment::Attachment;

/// A mail to be sent. Nothing is checked before [`Mailer::send`](crate::Mailer::send) or [`check`](Self::check).
///
/// Addresses are written as `ada@example.com` or `Ada Lovelace <ada@example.com>`.
#[derive(Clone)]
pub struct Message {
    pub(crate) from: String,
    pub(crate) reply_to: Option<String>,
    pub(crate) to: Vec<String>,
    pub(crate) cc: Vec<String>,
    pub(crate) bcc: Vec<String>,
    pub(crate) subject: String,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) id: String,
    pub(crate) date: SystemTime,
}

impl Message {
    /// A message from this sender, with an id of its own and the date of now.
    pub fn new(from: impl Into<String>) -> Self {
        Self {
            from: from.into(),
            reply_to: None,
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: String::new(),
            text: None,
            html: None,
            attachments: Vec::new(),
            headers: Vec::new(),
            id: uuid::Uuid::now_v7().to_string(),
            date: SystemTime::now(),
        }
    }

    /// Adds a recipient.
    pub fn to(mut self, address: impl Into<String>) -> Self {
        self.to.push(address.into());
        self
    }

    /// Adds a recipient of a copy.
    pub fn cc(mut self, address: impl Into<String>) -> Self {
        self.cc.push(address.into());
        self
    }

    /// Adds a recipient of a blind copy, whom no header names.
    pub fn bcc(mut self, address: impl Into<String>) -> Self {
        self.bcc.push(address.into());
        self
    }

    /// Where answers go.
    pub fn reply_to(mut self, address: impl Into<String>) -> Self {
        self.reply_to = Some(address.into());
        self
    }

    /// The subject, one line.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// The plain text. With [`html`](Self::html) it is the alternative for readers without.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// The HTML. The program escapes what it puts into it.
    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.html = Some(html.into());
        self
    }

    /// Adds a file, or an image inside the HTML.
    pub fn attach(mut self, attachment: Attachment) -> Self {
        self.attachments.push(attachment);
        self
    }

    /// Adds a header that has no method of its own, such as `List-Unsubscribe`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the left part of the Message-ID, for a message that may be made again: two with the same id are one to those
    /// who receive them. Letters, digits and `-_.+`. Without it, each `Message` has one of its own.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Sets the date.
    pub fn date(mut self, date: SystemTime) -> Self {
        self.date = date;
        self
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What it says, and to whom, is nobody's business.
        f.debug_struct("Message")
            .field("id", &self.id)
            .field(
                "recipients",
                &(self.to.len() + self.cc.len() + self.bcc.len()),
            )
            .field("attachments", &self.attachments.len())
            .finish_non_exhaustive()
    }
}
