//! What an effect has been through. Pure.

use serde::{Deserialize, Serialize};

/// One attempt that did not end well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// When it ended: microseconds since 1970, by the database's clock.
    pub at: i64,
    /// Which attempt it was, counted from 1.
    pub number: u32,
    /// The worker that made it.
    pub worker: String,
    /// What it said, cut to 500 characters.
    pub error: String,
}

/// The most attempts that are kept: the first one, which often says most, and the last ones.
const MOST: usize = 20;

/// The most characters of an error that are kept.
const LONGEST_ERROR: usize = 500;

/// The history with one more attempt.
pub(crate) fn extended(history: Option<&str>, mut attempt: Attempt) -> String {
    attempt.error = clean(&attempt.error);
    let mut attempts = read(history);
    if attempts.len() >= MOST {
        attempts.remove(1);
    }
    attempts.push(attempt);
    // Texts and numbers are always JSON.
    serde_json::to_string(&attempts).unwrap_or_default()
}

/// The attempts of a history. One that cannot be read is empty: it is a note, and no part of the effect.
pub(crate) fn read(history: Option<&str>) -> Vec<Attempt> {
    history
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// A foreign text, of a length that can be kept and without what databases and terminals stumble over.
pub(crate) fn clean(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(LONGEST_ERROR).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(number: u32) -> Attempt {
        Attempt {
            at: 0,
            number,
            worker: "w".into(),
            error: "no\u{0}\u{1b}[31m".into(),
        }
    }

    #[test]
    fn the_first_and_the_last_attempts_are_kept() {
        let mut history = None;
        for number in 1..=100 {
            history = Some(extended(history.as_deref(), attempt(number)));
        }
        let numbers: Vec<u32> = read(history.as_deref()).iter().map(|a| a.number).collect();
        assert_eq!(numbers.len(), MOST);
        assert_eq!((numbers[0], numbers[1], numbers[MOST - 1]), (1, 82, 100));
    }

    #[test]
    fn errors_are_cleaned() {
        let history = extended(Some("not json"), attempt(1));
        assert_eq!(read(Some(&history))[0].error, "no  [31m");
    }
}
