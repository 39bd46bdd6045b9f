//! Makes of a message what goes out, or says what is wrong with it. Pure.

use std::collections::HashSet;

use lettre::Address;
use lettre::message::Mailbox;

use crate::address::{Policy, mailbox, no_breaks};
use crate::error::{Error, Result};
use crate::message::Message;
use crate::wire;

/// How much is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most recipients of one message: 1,000. More is a mailing list, and belongs to many messages.
    pub recipients: usize,
    /// The most bytes of one message as it travels: 25 MiB, what large providers take.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            recipients: 1_000,
            bytes: 25 << 20,
        }
    }
}

impl Limits {
    /// Takes so many recipients.
    pub fn with_recipients(mut self, most: usize) -> Self {
        self.recipients = most;
        self
    }

    /// Takes so many bytes.
    pub fn with_bytes(mut self, most: usize) -> Self {
        self.bytes = most;
        self
    }
}

/// A message that was checked: what a [`Backend`](crate::Backend) sends.
#[derive(Clone)]
pub struct Outgoing {
    pub(crate) from: Address,
    pub(crate) recipients: Vec<Address>,
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) text: Option<String>,
    pub(crate) wire: Vec<u8>,
    pub(crate) suspicious: bool,
}

impl Outgoing {
    /// The sender's address.
    pub fn from(&self) -> String {
        self.from.to_string()
    }

    /// The addresses of all recipients, each once: to, copies and blind copies.
    pub fn recipients(&self) -> Vec<String> {
        self.recipients.iter().map(Address::to_string).collect()
    }

    /// The Message-ID, without its angle brackets.
    pub fn message_id(&self) -> &str {
        &self.id
    }

    /// The subject.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The plain text.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The message as it travels (RFC 5322), with CR LF.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing")
            .field("id", &self.id)
            .field("recipients", &self.recipients.len())
            .field("bytes", &self.wire.len())
            .finish_non_exhaustive()
    }
}

/// The parts of a message, each of them sound.
pub(crate) struct Parts<'m> {
    pub(crate) from: Mailbox,
    pub(crate) reply_to: Option<Mailbox>,
    pub(crate) to: Vec<Mailbox>,
    pub(crate) cc: Vec<Mailbox>,
    pub(crate) id: String,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
    pub(crate) message: &'m Message,
}

impl Message {
    /// Checks the message and writes it down as it will travel.
    ///
    /// # Errors
    ///
    /// What is wrong and in which field: see [`Error::code`].
    pub fn check(&self, policy: Policy, limits: Limits) -> Result<Outgoing> {
        let from = mailbox("from", &self.from, policy)?;
        let many = |field: &str, texts: &[String]| -> Result<Vec<Mailbox>> {
            texts
                .iter()
                .map(|text| mailbox(field, text, policy))
                .collect()
        };
        let count = self.to.len() + self.cc.len() + self.bcc.len();
        if count == 0 {
            return Err(Error::field(
                "MAIL_NO_RECIPIENT",
                "to",
                "the message goes to nobody".to_owned(),
            ));
        }
        if count > limits.recipients {
            return Err(Error::field(
                "MAIL_TOO_MANY_RECIPIENTS",
                "to",
                format!(
                    "{count} recipients, and the limit is {}: send several messages",
                    limits.recipients
                ),
            ));
        }
        let (to, cc, bcc) = (
            many("to", &self.to)?,
            many("cc", &self.cc)?,
            many("bcc", &self.bcc)?,
        );
        no_breaks("subject", &self.subject)?;
        let mut seen = HashSet::new();
        let recipients: Vec<Address> = to
            .iter()
            .chain(&cc)
            .chain(&bcc)
            .filter(|mailbox| seen.insert(key(&mailbox.email)))
            .map(|mailbox| mailbox.email.clone())
            .collect();
        if self.text.is_none() && self.html.is_none() {
            return Err(Error::field(
                "MAIL_BODY",
                "text",
                "the message has neither text nor HTML".to_owned(),
            ));
        }
        let parts = Parts {
            id: self.message_id(&from.email)?,
            reply_to: self
                .reply_to
                .as_deref()
                .map(|text| mailbox("reply_to", text, policy))
                .transpose()?,
            text: self
                .text
                .as_deref()
                .map(|text| body("text", text))
                .transpose()?,
            html: self
                .html
                .as_deref()
                .map(|html| body("html", html))
                .transpose()?,
            from,
            to,
            cc,
            message: self,
        };
        let wire = wire::write(&parts, limits.bytes)?;
        let people = self.to.iter().chain(&self.cc).chain(&self.reply_to);
        let mut shown = people.chain([&self.subject, &self.from]);
        Ok(Outgoing {
            from: parts.from.email,
            recipients,
            id: parts.id,
            subject: self.subject.clone(),
            text: parts.text,
            wire,
            suspicious: shown.any(|text| looks_like_another(text)),
        })
    }

    fn message_id(&self, from: &Address) -> Result<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
        if self.id.is_empty() || self.id.len() > 100 || !self.id.chars().all(plain) {
            return Err(Error::field(
                "MAIL_ID",
                "id",
                "letters, digits and -_.+ only, at most 100 of them".to_owned(),
            ));
        }
        let domain = from.domain();
        let domain = if domain.is_ascii() && !domain.starts_with('[') {
            domain
        } else {
            "localhost"
        };
        Ok(format!("{}@{domain}", self.id))
    }
}

/// The same mailbox, however its domain is written.
fn key(address: &Address) -> (String, String) {
    (
        address.user().to_owned(),
        address.domain().to_ascii_lowercase(),
    )
}

/// One kind of line end, and none that a server could take for the end of the message.
fn body(field: &str, text: &str) -> Result<String> {
    if let Some(at) = text.chars().position(|c| c == '\0') {
        return Err(Error::field(
            "MAIL_BODY",
            field,
            format!("character {} is a NUL, which mail cannot carry", at + 1),
        ));
    }
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    Ok(unix.replace('\n', "\r\n"))
}

/// A text that is shown as another one: it turns around, or is taken for an encoded word (RFC 2047).
fn looks_like_another(text: &str) -> bool {
    text.chars().any(turns_around) || (text.contains("=?") && text.contains("?="))
}

/// Characters that make a text look like another one.
pub(crate) fn turns_around(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_another_text_is_kept_and_noticed() {
        let plain = || Message::new("a@example.com").to("b@example.com").text("");
        let suspicious = |message: Message| {
            let checked = message.check(Policy::default(), Limits::default());
            checked.expect("kept").suspicious
        };
        assert!(!suspicious(plain().subject("Is 1 =? 2?")));
        for odd in ["cv\u{202e}fdp", "a\u{200b}dmin", "=?utf-8?q?hello?="] {
            assert!(suspicious(plain().subject(odd)), "{odd}");
            assert!(suspicious(plain().to(format!("{odd} <c@example.com>"))));
            assert!(suspicious(
                plain().reply_to(format!("{odd} <c@example.com>"))
            ));
        }
    }
}
