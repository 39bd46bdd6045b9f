//! Files that travel with a message. Pure.

use lettre::message::header::ContentType;

use crate::address::no_breaks;
use crate::error::{Error, Result};

/// A file beside the text, or an image inside it.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) content: Vec<u8>,
    /// Set for an image inside the HTML, which speaks of it as `cid:…`.
    pub(crate) content_id: Option<String>,
}

/// What most file systems take, in bytes.
const LONGEST_NAME: usize = 255;

impl Attachment {
    /// A file beside the text. Of a path only the last part is used.
    pub fn new(
        name: impl Into<String>,
        content_type: impl Into<String>,
        content: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            name: name.into(),
            content_type: content_type.into(),
            content: content.into(),
            content_id: None,
        }
    }

    /// An image that the HTML shows with `<img src="cid:…">`.
    pub fn inline(
        content_id: impl Into<String>,
        content_type: impl Into<String>,
        content: impl Into<Vec<u8>>,
    ) -> Self {
        let content_id = content_id.into();
        Self {
            name: content_id.clone(),
            content_type: content_type.into(),
            content: content.into(),
            content_id: Some(content_id),
        }
    }

    pub(crate) fn parsed_type(&self) -> Result<ContentType> {
        no_breaks("attachment.content_type", &self.content_type)?;
        ContentType::parse(&self.content_type).map_err(|_| {
            Error::field(
                "MAIL_ATTACHMENT",
                "attachment.content_type",
                "not a media type such as image/png".to_owned(),
            )
        })
    }

    pub(crate) fn checked_id(&self) -> Result<Option<&str>> {
        let Some(id) = &self.content_id else {
            return Ok(None);
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@+".contains(c);
        if id.is_empty() || id.len() > 200 || !id.chars().all(plain) {
            return Err(Error::field(
                "MAIL_ATTACHMENT",
                "attachment.content_id",
                "letters, digits and -_.@+ only, at most 200 of them".to_owned(),
            ));
        }
        Ok(Some(id))
    }

    /// The last part of the name, which may have come from anybody.
    pub(crate) fn file_name(&self) -> Result<&str> {
        let field = "attachment.name";
        no_breaks(field, &self.name)?;
        let base = self
            .name
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .trim();
        if base.is_empty() || base == "." || base == ".." {
            return Err(Error::field(
                "MAIL_ATTACHMENT",
                field,
                "no name of a file is left of it".to_owned(),
            ));
        }
        if base.len() > LONGEST_NAME {
            return Err(Error::field(
                "MAIL_ATTACHMENT",
                field,
                format!("{} bytes, and file systems take {LONGEST_NAME}", base.len()),
            ));
        }
        if base.chars().any(crate::check::turns_around) {
            return Err(Error::field(
                "MAIL_ATTACHMENT",
                field,
                "a character that turns the direction of writing, which makes an .exe look like a .pdf".to_owned(),
            ));
        }
        Ok(base)
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("content_type", &self.content_type)
            .field("bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_to_its_last_part() {
        for (name, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\fakepath\\cv.pdf", "cv.pdf"),
            ("naïve 🦀.txt", "naïve 🦀.txt"),
        ] {
            assert_eq!(
                Attachment::new(name, "text/plain", "")
                    .file_name()
                    .expect(name),
                kept
            );
        }
    }

    #[test]
    fn names_that_deceive_are_refused() {
        let long = "x".repeat(300);
        for name in [
            "a\r\nBcc: b@x.com",
            "..",
            "/",
            "",
            "cv\u{202e}fdp.exe",
            "a\0.txt",
            &long,
        ] {
            let error = Attachment::new(name, "text/plain", "")
                .file_name()
                .expect_err("refused");
            assert!(error.to_string().contains("attachment.name"), "{error}");
        }
    }
}
