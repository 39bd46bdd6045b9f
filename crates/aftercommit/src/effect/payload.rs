//! What of a signal is written down, and what cannot be. Pure.
//!
//! The limits are those that all databases keep: Postgres refuses a NUL in a text, MariaDB takes no JSON deeper than
//! 32, and a number beyond 64 bits comes back as another one.

use serde::Serialize;

use super::nulls;

/// The most bytes of a payload.
pub const MOST_BYTES: usize = 1024 * 1024;

/// The deepest nesting of a payload.
pub const DEEPEST: usize = 30;

/// Why a value cannot be a payload. The path is that of the offending place, as in `$.user.tags[3]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    TooLarge {
        bytes: usize,
    },
    TooDeep {
        path: String,
    },
    Nul {
        path: String,
    },
    Precision {
        path: String,
    },
    /// It would be written as `null`.
    NotFinite {
        path: String,
        number: &'static str,
    },
    /// A `Some` that would come back as `None`.
    SomeNull {
        path: String,
    },
    KeyTwice {
        path: String,
    },
    NotJson {
        why: String,
    },
    /// Of a text that was to be JSON already.
    NoJson {
        why: String,
    },
}

impl Unfit {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Unfit::TooLarge { .. } => "PAYLOAD_TOO_LARGE",
            Unfit::TooDeep { .. } => "PAYLOAD_TOO_DEEP",
            Unfit::Nul { .. } => "PAYLOAD_NUL",
            Unfit::Precision { .. } => "NUMBER_PRECISION",
            Unfit::NotFinite { .. } => "NUMBER_NOT_FINITE",
            Unfit::SomeNull { .. } => "PAYLOAD_SOME_NULL",
            Unfit::KeyTwice { .. } => "PAYLOAD_KEY_TWICE",
            Unfit::NotJson { .. } | Unfit::NoJson { .. } => "PAYLOAD_NOT_JSON",
        }
    }
}

/// The value as JSON, if every database can keep it.
pub(crate) fn encode<S: Serialize>(value: &S) -> Result<String, Unfit> {
    let text = serde_json::to_string(value).map_err(|error| Unfit::NotJson {
        why: error.to_string(),
    })?;
    check(&text)?;
    if text.contains("null") {
        nulls::check(value)?;
    }
    Ok(text)
}

/// Judges a text that somebody wrote by hand: it may be no JSON at all.
pub(crate) fn check_text(text: &str) -> Result<(), Unfit> {
    if text.len() > MOST_BYTES {
        return Err(Unfit::TooLarge { bytes: text.len() });
    }
    // Into a value, because what is skipped may have half a surrogate in it.
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(_) => check(text),
        Err(error) => Err(Unfit::NoJson {
            why: error.to_string(),
        }),
    }
}

/// Judges a JSON text.
pub(crate) fn check(text: &str) -> Result<(), Unfit> {
    if text.len() > MOST_BYTES {
        return Err(Unfit::TooLarge { bytes: text.len() });
    }
    let mut walk = Walk::default();
    let mut rest = text;
    while let Some(byte) = rest.bytes().next() {
        let length = match byte {
            b'"' => walk.string(rest)?,
            b'{' | b'[' => walk.open(byte)?,
            b'}' | b']' => walk.close()?,
            b',' => walk.next(),
            b'-' | b'0'..=b'9' => walk.number(rest)?,
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        rest = &rest[length..];
    }
    Ok(())
}

/// Where the walk through a text is.
#[derive(Default)]
struct Walk<'t> {
    inside: Vec<Inside<'t>>,
}

enum Inside<'t> {
    Array(usize),
    /// The keys so far; `true` while a key is expected.
    Object(Vec<&'t str>, bool),
}

impl<'t> Walk<'t> {
    fn open(&mut self, byte: u8) -> Result<usize, Unfit> {
        if self.inside.len() >= DEEPEST {
            return Err(Unfit::TooDeep { path: self.path() });
        }
        self.inside.push(match byte {
            b'[' => Inside::Array(0),
            _ => Inside::Object(Vec::new(), true),
        });
        Ok(1)
    }

    fn close(&mut self) -> Result<usize, Unfit> {
        if let Some(Inside::Object(keys, _)) = self.inside.last_mut() {
            keys.sort_unstable();
            if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
                let twice = twice[0];
                keys.push(twice);
                return Err(Unfit::KeyTwice { path: self.path() });
            }
        }
        self.inside.pop();
        Ok(1)
    }

    fn next(&mut self) -> usize {
        match self.inside.last_mut() {
            Some(Inside::Array(index)) => *index += 1,
            Some(Inside::Object(_, expected)) => *expected = true,
            None => {}
        }
        1
    }

    /// A key or a value; its length with both quotes.
    fn string(&mut self, rest: &'t str) -> Result<usize, Unfit> {
        let bytes = rest.as_bytes();
        let (mut at, mut nul) = (1, false);
        while at < bytes.len() && bytes[at] != b'"' {
            if bytes[at] == b'\\' {
                nul |= rest[at..].starts_with("\\u0000");
                at += 1;
            }
            at += 1;
        }
        let end = at.min(bytes.len());
        if let Some(Inside::Object(keys, expected @ true)) = self.inside.last_mut() {
            keys.push(&rest[1..end]);
            *expected = false;
        }
        if nul {
            return Err(Unfit::Nul { path: self.path() });
        }
        Ok((end + 1).min(bytes.len()))
    }

    fn number(&self, rest: &str) -> Result<usize, Unfit> {
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let number = &rest[..end];
        let whole = !number.contains(['.', 'e', 'E']);
        if whole && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
            return Err(Unfit::Precision { path: self.path() });
        }
        Ok(end)
    }

    fn path(&self) -> String {
        let mut path = "$".to_owned();
        for inside in &self.inside {
            match inside {
                Inside::Array(index) => path.push_str(&format!("[{index}]")),
                Inside::Object(keys, _) => {
                    if let Some(key) = keys.last() {
                        path.push('.');
                        path.push_str(key);
                    }
                }
            }
        }
        path
    }
}

#[cfg(test)]
mod tests;
