//! A message as it travels. Pure.

use std::time::SystemTime;

use lettre::message::header::{
    ContentTransferEncoding, ContentType, HeaderName, HeaderValue, Headers, To,
};
use lettre::message::{
    Attachment as Part, Body, Mailbox, Mailboxes, Message as Letter, MultiPart, SinglePart,
};

use crate::address::no_breaks;
use crate::check::Parts;
use crate::error::{Error, Result};

/// The longest line that RFC 5322 (section 2.1.1) allows, without its CR LF.
const LONGEST_LINE: usize = 998;

/// Headers that the library writes itself, or whose change would make another message of it.
const OWN_HEADERS: &[&str] = &[
    "bcc",
    "cc",
    "date",
    "from",
    "message-id",
    "mime-version",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
];

pub(crate) fn write(parts: &Parts<'_>, most_bytes: usize) -> Result<Vec<u8>> {
    let message = parts.message;
    let attached: usize = message
        .attachments
        .iter()
        .map(|attachment| attachment.content.len())
        .sum();
    let written = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    // Before anything is encoded: base64 adds a third.
    too_large(
        attached + attached / 3 + written(&parts.text) + written(&parts.html),
        most_bytes,
    )?;

    let mut letter = Letter::builder()
        .from(parts.from.clone())
        .date(date(message.date)?)
        .message_id(Some(format!("<{}>", parts.id)))
        .subject(message.subject.clone());
    // The envelope is the backend's; this one only stills the builder.
    letter = letter.envelope(envelope(&parts.from)?);
    letter = parts
        .reply_to
        .iter()
        .cloned()
        .fold(letter, |letter, mailbox| letter.reply_to(mailbox));
    for (name, mailboxes) in [("To", &parts.to), ("Cc", &parts.cc)] {
        if !mailboxes.is_empty() {
            letter = letter.raw_header(addresses(name, mailboxes));
        }
    }
    for (name, value) in &message.headers {
        letter = letter.raw_header(header(name, value)?);
    }
    let letter = match content(parts)? {
        Content::One(part) => letter.singlepart(part),
        Content::Many(part) => letter.multipart(part),
    };
    let wire = letter
        .map_err(|error| Error::field("MAIL_MESSAGE", "message", error.to_string()))?
        .formatted();
    too_large(wire.len(), most_bytes)?;
    lines_are_sound(&wire)?;
    Ok(wire)
}

enum Content {
    One(SinglePart),
    Many(MultiPart),
}

fn content(parts: &Parts<'_>) -> Result<Content> {
    let text = parts.text.clone().map(SinglePart::plain);
    let mut html = parts
        .html
        .clone()
        .map(|html| Content::One(SinglePart::html(html)));
    let (inline, attached): (Vec<_>, Vec<_>) = parts
        .message
        .attachments
        .iter()
        .partition(|attachment| attachment.content_id.is_some());
    if !inline.is_empty() {
        let Some(Content::One(page)) = html else {
            return Err(Error::field(
                "MAIL_ATTACHMENT",
                "attachment.content_id",
                "an image inside the HTML needs HTML to be in".to_owned(),
            ));
        };
        let mut related = MultiPart::related().singlepart(page);
        for attachment in inline {
            let id = attachment.checked_id()?.unwrap_or_default().to_owned();
            let body = Body::new(attachment.content.clone());
            related =
                related.singlepart(Part::new_inline(id).body(body, attachment.parsed_type()?));
        }
        html = Some(Content::Many(related));
    }
    let mut content = match (text, html) {
        (Some(text), None) => Content::One(text),
        (None, Some(html)) => html,
        (Some(text), Some(Content::One(html))) => {
            Content::Many(MultiPart::alternative().singlepart(text).singlepart(html))
        }
        (Some(text), Some(Content::Many(html))) => {
            Content::Many(MultiPart::alternative().singlepart(text).multipart(html))
        }
        (None, None) => Content::One(SinglePart::plain(String::new())),
    };
    if !attached.is_empty() {
        let mixed = MultiPart::mixed();
        let mut mixed = match content {
            Content::One(part) => mixed.singlepart(part),
            Content::Many(part) => mixed.multipart(part),
        };
        for attachment in attached {
            let name = attachment.file_name()?.to_owned();
            mixed = mixed.singlepart(file(
                name,
                attachment.content.clone(),
                attachment.parsed_type()?,
            )?);
        }
        content = Content::Many(mixed);
    }
    Ok(content)
}

/// Base64 whatever is in it: text in an attachment has line ends of its own.
fn file(name: String, content: Vec<u8>, content_type: ContentType) -> Result<SinglePart> {
    let body = Body::new_with_encoding(content, ContentTransferEncoding::Base64).map_err(|_| {
        Error::field(
            "MAIL_ATTACHMENT",
            "attachment",
            "cannot be encoded".to_owned(),
        )
    })?;
    Ok(Part::new(name).body(body, content_type))
}

fn header(name: &str, value: &str) -> Result<HeaderValue> {
    // RFC 5322, section 3.6.8: printable ASCII without the colon.
    let is_name = !name.is_empty()
        && name.len() <= 76
        && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
    if !is_name {
        return Err(Error::field(
            "MAIL_HEADER_INJECTION",
            "header.name",
            "not the name of a header: printable ASCII without a colon, at most 76 characters"
                .to_owned(),
        ));
    }
    let lower = name.to_ascii_lowercase();
    if OWN_HEADERS.contains(&&*lower) || lower.starts_with("content-") {
        return Err(Error::field(
            "MAIL_HEADER",
            "header.name",
            format!("{name} is written by the library: use the method of the message that sets it"),
        ));
    }
    no_breaks("header.value", value)?;
    if value
        .split(' ')
        .any(|word| word.len() > LONGEST_LINE - 100 && word.is_ascii())
    {
        return Err(too_long("header.value"));
    }
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| {
        Error::field(
            "MAIL_HEADER",
            "header.name",
            "not the name of a header".to_owned(),
        )
    })?;
    Ok(HeaderValue::new(name, value.to_owned()))
}

/// One line for each address: lettre writes those without a name into a single one, however many they are.
fn addresses(name: &'static str, mailboxes: &[Mailbox]) -> HeaderValue {
    let encoded = mailboxes.iter().map(|mailbox| {
        let mut headers = Headers::new();
        headers.set(To::from(Mailboxes::from(mailbox.clone())));
        let line = headers.to_string();
        line.trim_start_matches("To: ").trim_end().to_owned()
    });
    let encoded = encoded.collect::<Vec<_>>().join(",\r\n ");
    HeaderValue::dangerous_new_pre_encoded(
        HeaderName::new_from_ascii_str(name),
        encoded.clone(),
        encoded,
    )
}

fn too_long(field: &str) -> Error {
    Error::field(
        "MAIL_HEADER_TOO_LONG",
        field,
        format!("a line of more than {LONGEST_LINE} bytes, which has no space to be broken at"),
    )
}

fn too_large(bytes: usize, most: usize) -> Result<()> {
    if bytes <= most {
        return Ok(());
    }
    Err(Error::field(
        "MAIL_TOO_LARGE",
        "message",
        format!("{bytes} bytes, and the limit is {most}: send a link to what is large"),
    ))
}

fn envelope(from: &Mailbox) -> Result<lettre::address::Envelope> {
    lettre::address::Envelope::new(None, vec![from.email.clone()])
        .map_err(|error| Error::field("MAIL_MESSAGE", "from", error.to_string()))
}

/// lettre cannot write a date before 1970 or after 9999, and panics.
fn date(date: SystemTime) -> Result<SystemTime> {
    const YEAR_9999: u64 = 253_402_300_800;
    match date.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) if since.as_secs() < YEAR_9999 => Ok(date),
        _ => Err(Error::field(
            "MAIL_DATE",
            "date",
            "not between the years 1970 and 9999".to_owned(),
        )),
    }
}

/// Whatever was written above: what travels has lines of a length that is allowed, and no byte that ends one early.
fn lines_are_sound(wire: &[u8]) -> Result<()> {
    for line in wire.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r\n").unwrap_or(line);
        if line.len() > LONGEST_LINE {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            let name = if name.len() <= 76 {
                String::from_utf8_lossy(name)
            } else {
                "message".into()
            };
            return Err(too_long(&name.to_ascii_lowercase()));
        }
        if line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(Error::field(
                "MAIL_MESSAGE",
                "message",
                "a line end or a NUL where none may be".to_owned(),
            ));
        }
    }
    Ok(())
}
