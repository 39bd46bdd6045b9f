//! Addresses: what is one, and which are taken. Pure.

use lettre::Address;
use lettre::message::Mailbox;

use crate::error::{Error, Result};

/// Which unusual addresses are taken. They are right by the standard, and wrong in most forms that people fill in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// `root@[192.0.2.1]`: an address of a machine.
    pub address_literals: bool,
    /// `root@localhost`: a domain without a dot.
    pub dotless_domains: bool,
}

impl Policy {
    /// Takes addresses of a machine.
    pub fn with_address_literals(mut self) -> Self {
        self.address_literals = true;
        self
    }

    /// Takes domains without a dot.
    pub fn with_dotless_domains(mut self) -> Self {
        self.dotless_domains = true;
        self
    }
}

/// The longest name that is shown beside an address, in characters.
const LONGEST_NAME: usize = 200;

/// `Name <address>`, or an address alone.
pub(crate) fn mailbox(field: &str, text: &str, policy: Policy) -> Result<Mailbox> {
    no_breaks(field, text)?;
    let (name, address_text, offset) = split(text);
    let address = address(field, address_text, offset, policy)?;
    let name = name.map(unquoted).filter(|name| !name.is_empty());
    if name
        .as_ref()
        .is_some_and(|name| name.chars().count() > LONGEST_NAME)
    {
        return Err(Error::field(
            "MAIL_HEADER_TOO_LONG",
            field,
            format!("its name has more than {LONGEST_NAME} characters"),
        ));
    }
    Ok(Mailbox::new(name, address))
}

/// The name, the address and where the address begins, in characters.
fn split(text: &str) -> (Option<&str>, &str, usize) {
    if let Some(before_end) = text.trim_end().strip_suffix('>')
        && let Some((name, address)) = before_end.rsplit_once('<')
    {
        return (Some(name.trim()), address, name.chars().count() + 1);
    }
    (None, text, 0)
}

fn unquoted(name: &str) -> String {
    let inner = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
        .unwrap_or(name);
    inner.replace("\\\"", "\"").replace("\\\\", "\\")
}

/// A line break or a NUL ends a header, and what follows would be the next one.
pub(crate) fn no_breaks(field: &str, text: &str) -> Result<()> {
    match text.chars().position(|c| c.is_control() && c != '\t') {
        None => Ok(()),
        Some(at) => Err(Error::field(
            "MAIL_HEADER_INJECTION",
            field,
            format!(
                "character {} is a line break or another control character",
                at + 1
            ),
        )),
    }
}

fn address(field: &str, text: &str, offset: usize, policy: Policy) -> Result<Address> {
    let wrong = |at: usize, why: &str| {
        Err(Error::field(
            "MAIL_ADDRESS",
            field,
            format!("not an address at character {}: {why}", offset + at + 1),
        ))
    };
    let Some(at) = last_at(text) else {
        return wrong(0, "there is no @ in it");
    };
    let (local, domain) = (&text[..at], &text[at + 1..]);
    let domain_at = text[..=at].chars().count();
    if local.is_empty() {
        return wrong(0, "nothing stands before the @");
    }
    if local.len() > 64 {
        return wrong(64, "more than 64 bytes stand before the @");
    }
    let quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    let plain =
        |c: char| c.is_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if !quoted && let Some(odd) = local.chars().position(|c| !plain(c)) {
        return wrong(odd, "a character that needs quotes, or a second address");
    }
    if !quoted && (local.starts_with('.') || local.ends_with('.') || local.contains("..")) {
        return wrong(0, "a dot at the edge, or two in a row");
    }
    if domain.starts_with('[') {
        if !policy.address_literals {
            return wrong(
                domain_at,
                "an address of a machine (allow it with `Policy::with_address_literals`)",
            );
        }
    } else if !domain.contains('.') && !policy.dotless_domains {
        return wrong(
            domain_at,
            "a domain without a dot (allow it with `Policy::with_dotless_domains`)",
        );
    }
    let ascii = if domain.starts_with('[') {
        domain.to_owned()
    } else {
        match idna::domain_to_ascii(domain) {
            Ok(ascii) => ascii,
            Err(_) => return wrong(domain_at, "not a domain"),
        }
    };
    if ascii.len() > 253 || ascii.split('.').any(|label| label.len() > 63) {
        return wrong(domain_at, "a domain that is too long");
    }
    if local.len() + 1 + ascii.len() > 254 {
        return wrong(0, "more than 254 bytes");
    }
    match Address::new(local, &*ascii) {
        Ok(address) => Ok(address),
        Err(_) => wrong(0, "its form is wrong"),
    }
}

/// The `@` before the domain; the one in `"a@b"@example.com` is not it.
fn last_at(text: &str) -> Option<usize> {
    text.rfind('@')
}

/// An address as it may be shown to anybody: enough to find it again, and no more.
pub(crate) fn masked(address: &str) -> String {
    match (address.chars().next(), last_at(address)) {
        (Some(first), Some(at)) => format!("{first}…{}", &address[at..]),
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> std::result::Result<String, String> {
        match mailbox("to", text, Policy::default()) {
            Ok(mailbox) => Ok(mailbox.email.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn usual_addresses_are_taken() {
        for text in [
            "a@example.com",
            "Ada <a@example.com>",
            "\"L., Ada\" <a@example.com>",
            "<a@example.com>",
        ] {
            assert_eq!(parse(text).as_deref(), Ok("a@example.com"), "{text}");
        }
        assert_eq!(
            parse("\"very odd\"@example.com").as_deref(),
            Ok("\"very odd\"@example.com")
        );
        assert_eq!(
            parse("-oQ/tmp@example.com").as_deref(),
            Ok("-oQ/tmp@example.com")
        );
        assert_eq!(
            parse("a@exämple.com").as_deref(),
            Ok("a@xn--exmple-cua.com")
        );
    }

    #[test]
    fn others_are_refused_with_their_place() {
        let long = format!("{}@example.com", "x".repeat(65));
        let label = format!("a@{}.com", "x".repeat(250));
        for (text, place) in [
            ("a b@example.com", "character 2"),
            ("@example.com", "character 1"),
            ("a@x.com, b@x.com", "character 2"),
            ("a@b@example.com", "character 2"),
            (&long, "character 65"),
            (&label, "character 3"),
            ("nobody", "no @"),
            ("", "no @"),
            ("a@localhost", "dot"),
            ("a@[127.0.0.1]", "machine"),
            ("a..b@example.com", "two in a row"),
            ("Ada <a@b@example.com>", "character 7"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(
                error.contains("MAIL_ADDRESS") && error.contains(place),
                "{text}: {error}"
            );
        }
        let loose = Policy::default()
            .with_address_literals()
            .with_dotless_domains();
        assert!(mailbox("to", "a@localhost", loose).is_ok());
        assert!(mailbox("to", "a@[127.0.0.1]", loose).is_ok());
    }

    #[test]
    fn a_masked_address_can_be_found_again() {
        assert_eq!(masked("ada@example.com"), "a…@example.com");
        assert_eq!(masked(""), "…");
    }
}
