//! What became of a mail. Pure.

use std::fmt;

/// What became of each recipient, in the order of the message.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The address, and what became of it.
    pub outcomes: Vec<(String, Outcome)>,
}

/// What became of one recipient.
pub type Outcome = std::result::Result<(), Refusal>;

/// Why a recipient, or everybody, did not get a mail.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// What it means for a next try.
    pub why: Why,
    /// What was being done.
    pub step: &'static str,
    /// What the server said, cut to 500 characters, without control characters.
    pub text: String,
}

/// What a refusal means for a next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It may work later.
    Later,
    /// The server could not be reached, or took no mail from anybody: it says nothing about this mail.
    Unavailable,
    /// It will never work: the address is wrong, or the mail is not wanted.
    Never,
    /// The settings are wrong: credentials, certificate, a server without what was asked for.
    Settings,
    /// The mail may be out: the connection was lost after the server had been given it.
    InDoubt,
}

impl Why {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Why::Later => "MAIL_LATER",
            Why::Unavailable => "MAIL_UNAVAILABLE",
            Why::Never => "MAIL_NEVER",
            Why::Settings => "MAIL_SETTINGS",
            Why::InDoubt => "MAIL_IN_DOUBT",
        }
    }
}

/// The most characters of a server's text that are kept.
const LONGEST_TEXT: usize = 500;

impl Refusal {
    /// A refusal with the server's text, which is cleaned.
    pub fn new(why: Why, step: &'static str, text: &str) -> Self {
        let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        Self {
            why,
            step,
            text: clean
                .take(LONGEST_TEXT)
                .collect::<String>()
                .trim()
                .to_owned(),
        }
    }
}

impl Receipt {
    /// Everybody got it.
    pub fn all(recipients: impl IntoIterator<Item = String>) -> Self {
        Self {
            outcomes: recipients
                .into_iter()
                .map(|address| (address, Ok(())))
                .collect(),
        }
    }

    /// Of some recipients this, of others that.
    pub fn new(outcomes: Vec<(String, Outcome)>) -> Self {
        Self { outcomes }
    }

    /// Those who did not get it, and why.
    pub fn refused(&self) -> impl Iterator<Item = (&str, &Refusal)> {
        self.outcomes
            .iter()
            .filter_map(|(address, outcome)| Some((address.as_str(), outcome.as_ref().err()?)))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {}", self.step, self.text)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {self}", self.why)
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for (address, outcome) in &self.outcomes {
            list.entry(&(crate::address::masked(address), outcome));
        }
        list.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_cleaned() {
        let refusal = Refusal::new(
            Why::Later,
            "RCPT",
            &format!("\u{1b}[31mno\r\n{}", "x".repeat(900)),
        );
        assert_eq!(
            refusal.text.chars().count(),
            499,
            "an escape at the edge was trimmed"
        );
        assert!(!refusal.text.contains(['\r', '\n', '\u{1b}']));
    }
}
