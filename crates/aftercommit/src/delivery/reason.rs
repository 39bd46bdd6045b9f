//! Why a delivery failed, as events and the log may tell it. Pure.
//!
//! Errors quote: serde the value that it did not expect, a database the entry that is there already, a panic whatever it
//! likes. Nothing of a payload may be told, so words that the payload has are left out of a foreign text.

use std::collections::HashSet;
use std::error::Error;

use super::Outcome;
use super::history::clean;
use super::lifecycle::Ended;

/// Stands for what the payload has too.
const LEFT_OUT: &str = "[…]";

/// Of longer words, each piece of so many bytes is compared: an error may quote a part, or put something around it.
const PIECE: usize = 8;

/// Why an attempt did not end well, without anything of the payload.
pub(crate) fn of_attempt(ended: &Ended, payload: &str) -> Option<String> {
    match ended {
        Ended::Failed(why)
        | Ended::Unreadable(why)
        | Ended::TooNew(why)
        | Ended::Answered(Outcome::Discard(why) | Outcome::Unavailable(why)) => {
            Some(without(why, payload))
        }
        Ended::TimedOut(limit) => Some(format!("took longer than {limit:?}")),
        Ended::Answered(Outcome::RetryAfter(after)) => {
            Some(format!("the receiver asked for {after:?} more"))
        }
        Ended::CutOff => Some("the runtime of its handler ended".into()),
        Ended::Answered(Outcome::Done) | Ended::Settled | Ended::Lost => None,
    }
}

/// What a handler said of its failure, in its own words.
pub(crate) fn said(ended: &Ended) -> Option<&str> {
    match ended {
        Ended::Failed(why)
        | Ended::Unreadable(why)
        | Ended::TooNew(why)
        | Ended::Answered(Outcome::Discard(why) | Outcome::Unavailable(why)) => Some(why),
        _ => None,
    }
}

/// The same answer, without anything of the payloads of its batch.
pub(crate) fn of_batch(ended: Ended, payloads: &str) -> Ended {
    match ended {
        Ended::Failed(why) => Ended::Failed(without(&why, payloads)),
        Ended::Answered(Outcome::Discard(why)) => {
            Ended::Answered(Outcome::Discard(without(&why, payloads)))
        }
        Ended::Answered(Outcome::Unavailable(why)) => {
            Ended::Answered(Outcome::Unavailable(without(&why, payloads)))
        }
        other => other,
    }
}

/// An error with its sources.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        // Some errors say what their source says.
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = error.source();
    }
    text
}

/// The text without the words that the payload has too, cut to what is kept of an error.
pub(crate) fn without(text: &str, payload: &str) -> String {
    // No more than can be left in the end.
    let text: String = text.chars().take(4_000).collect();
    let words: Vec<String> = split(&text)
        .filter(|piece| is_word(piece))
        .map(str::to_lowercase)
        .collect();
    let quoted = Quoted::find(&words, payload);
    let told: String = split(&text)
        .map(|piece| {
            let left_out = is_word(piece) && quoted.has(&piece.to_lowercase());
            if left_out { LEFT_OUT } else { piece }
        })
        .collect();
    clean(&told)
}

/// What of some words is in a payload.
struct Quoted<'w> {
    pieces: HashSet<&'w [u8]>,
    short: HashSet<&'w str>,
}

impl<'w> Quoted<'w> {
    fn find(words: &'w [String], payload: &str) -> Self {
        let (long, short): (Vec<&String>, Vec<&String>) =
            words.iter().partition(|word| word.len() >= PIECE);
        let wanted: HashSet<&[u8]> = long
            .iter()
            .flat_map(|word| word.as_bytes().windows(PIECE))
            .collect();
        let wanted_short: HashSet<&str> = short.iter().map(|word| word.as_str()).collect();
        let mut found = Self {
            pieces: HashSet::new(),
            short: HashSet::new(),
        };
        let payload = payload.to_lowercase();
        // An escaped line break is no letter of the word behind it, but for an error that quotes it escaped.
        let plain = ["\\n", "\\r", "\\t", "\\b", "\\f"]
            .iter()
            .fold(payload.clone(), |text, escape| text.replace(escape, " "));
        for text in [&payload, &plain] {
            let pieces = text.as_bytes().windows(PIECE);
            found
                .pieces
                .extend(pieces.filter_map(|piece| wanted.get(piece).copied()));
            found
                .short
                .extend(split(text).filter_map(|word| wanted_short.get(word).copied()));
        }
        found
    }

    fn has(&self, word: &str) -> bool {
        if word.len() < PIECE {
            return self.short.contains(word);
        }
        let mut pieces = word.as_bytes().windows(PIECE);
        pieces.any(|piece| self.pieces.contains(piece))
    }
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || !c.is_ascii()
}

fn is_word(piece: &str) -> bool {
    piece.chars().next().is_some_and(in_word)
}

/// Words, and what is between them.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = is_word(rest);
        let end = rest.find(|c| in_word(c) != word).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_error_quotes_of_the_payload_is_left_out() {
        let payload = r#"{"user":{"mail":"jane.doe@example.org","pin":4711,"note":"first\nsecond","b":[115,101]}}"#;
        let table = [
            ("connection refused", "connection refused"),
            (
                "invalid type: integer `4711`, expected a string",
                "invalid type: integer `[…]`, expected a string",
            ),
            (
                "550 <Jane.Doe@example.org> is full",
                "550 <[…].[…]@[…].[…]> is full",
            ),
            ("second of \"first\\nsecond\"", "[…] of \"[…]\\[…]\""),
            (
                "no secrets here, 471 and 47110",
                "no secrets here, 471 and 47110",
            ),
            ("bytes [115, 101]", "bytes [[…], […]]"),
        ];
        for (text, told) in table {
            assert_eq!(without(text, payload), told);
        }
    }

    #[test]
    fn a_part_of_a_long_word_is_left_out_too() {
        let payload = "\"correcthorsebatterystaple\"";
        for text in [
            "correcthorsebat",
            "key_correcthorsebatterystaple2",
            "xcorrecthorsex",
        ] {
            assert!(!without(text, payload).contains("horse"), "{text}");
        }
    }

    #[test]
    fn a_reason_has_a_length_and_no_control_characters() {
        let told = without(&"no\u{1b}[31m ".repeat(10_000), "");
        assert_eq!(told.chars().count(), 500);
        assert!(!told.contains('\u{1b}'));
    }

    #[test]
    fn an_error_is_told_with_its_sources() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError);
        impl std::fmt::Display for Outer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("no number")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let inner = "x".parse::<u8>().expect_err("no number");
        assert_eq!(
            chain(&Outer(inner)),
            "no number: invalid digit found in string"
        );
    }
}
