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
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        "[".repeat(depth) + &"]".repeat(depth)
    }

    #[test]
    fn what_every_database_keeps_passes() {
        for text in [
            "null",
            "\"\"",
            r#"{"a":[1,-2.5e-3,"x\\u0000 is not a NUL","\"]"],"b":{}}"#,
            "18446744073709551615",
            "-9223372036854775808",
            &nested(DEEPEST),
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_one_database_would_change_is_refused_with_its_place() {
        let path = |path: &str| path.to_owned();
        let table = [
            (
                r#"{"a":{"b":["x","\u0000"]}}"#,
                Unfit::Nul {
                    path: path("$.a.b[1]"),
                },
            ),
            (
                r#"{"\u0000":1}"#,
                Unfit::Nul {
                    path: path("$.\\u0000"),
                },
            ),
            (
                r#"{"n":123456789012345678901234567890}"#,
                Unfit::Precision { path: path("$.n") },
            ),
        ];
        for (text, unfit) in table {
            assert_eq!(check(text), Err(unfit), "{text}");
        }
        assert!(matches!(
            check(&nested(DEEPEST + 1)),
            Err(Unfit::TooDeep { .. })
        ));
        let large = format!("\"{}\"", "x".repeat(MOST_BYTES));
        assert_eq!(
            check(&large),
            Err(Unfit::TooLarge {
                bytes: MOST_BYTES + 2
            })
        );
    }

    /// A million of each: most of them are numbers, the others are refused.
    #[test]
    fn a_number_comes_back_bit_for_bit() {
        let mut random = fastrand::Rng::with_seed(19);
        let mut equal = 0;
        for _ in 0..1_000_000 {
            let (double, float) = (
                f64::from_bits(random.u64(..)),
                f32::from_bits(random.u32(..)),
            );
            match encode(&double) {
                Ok(text) => {
                    let back: f64 = serde_json::from_str(&text).expect("a number");
                    assert_eq!(back.to_bits(), double.to_bits(), "{text}");
                    equal += 1;
                }
                Err(unfit) => {
                    assert!(!double.is_finite(), "{double}: {unfit:?}");
                }
            }
            if let Ok(text) = encode(&float) {
                let back: f32 = serde_json::from_str(&text).expect("a number");
                assert_eq!(back.to_bits(), float.to_bits(), "{text}");
            } else {
                assert!(!float.is_finite(), "{float}");
            }
        }
        // One pattern in 1024 is none.
        assert!((998_000..1_000_000).contains(&equal), "{equal}");
    }

    #[test]
    fn numbers_at_the_edges_come_back() {
        let doubles = [
            0.0,
            -0.0,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            f64::MIN,
            1e21,
            1e15,
            0.1,
        ];
        for double in doubles {
            let text = encode(&double).expect("fit");
            let back: f64 = serde_json::from_str(&text).expect("a number");
            assert_eq!(back.to_bits(), double.to_bits(), "{text}");
        }
        for whole in [0, (1 << 53) + 1, u64::MAX] {
            let text = encode(&whole).expect("fit");
            assert_eq!(serde_json::from_str::<u64>(&text).ok(), Some(whole));
        }
        for wide in [i128::from(i64::MIN), i128::from(u64::MAX)] {
            let text = encode(&wide).expect("fit");
            assert_eq!(serde_json::from_str::<i128>(&text).ok(), Some(wide));
        }
        for wide in [i128::from(i64::MIN) - 1, i128::from(u64::MAX) + 1] {
            assert!(matches!(encode(&wide), Err(Unfit::Precision { .. })));
        }
        let keyed: std::collections::BTreeMap<u128, u8> = [(u128::MAX, 1), (0, 2)].into();
        let text = encode(&keyed).expect("fit");
        assert_eq!(serde_json::from_str(&text).ok(), Some(keyed));
    }

    #[test]
    fn a_key_that_is_there_twice_is_refused() {
        #[derive(serde::Serialize)]
        struct Flat {
            id: u8,
            #[serde(flatten)]
            more: std::collections::BTreeMap<&'static str, u8>,
        }
        let flat = |key| Flat {
            id: 1,
            more: [(key, 2), ("a", 3)].into(),
        };
        let path = "$.id".to_owned();
        assert_eq!(encode(&flat("id")), Err(Unfit::KeyTwice { path }));
        assert!(encode(&flat("other")).is_ok());
        let path = "$.x[1].a".to_owned();
        let text = r#"{"x":[{"a":1},{"a":1,"b":{"a":1},"a":2}]}"#;
        assert_eq!(check_text(text), Err(Unfit::KeyTwice { path }));
    }

    #[test]
    fn a_value_that_is_no_json_says_why() {
        let keyed: std::collections::HashMap<Vec<u8>, u8> = [(vec![1], 2)].into();
        assert!(matches!(encode(&keyed), Err(Unfit::NotJson { .. })));
    }

    #[test]
    fn a_text_that_is_no_json_is_refused_before_it_is_walked() {
        for text in [
            "",
            "é",
            "{",
            "{\"a\":}",
            "\"\\ud800\"",
            "\"\u{0}\"",
            "1 2",
            "NaN",
            &nested(5_000),
        ] {
            assert!(
                matches!(check_text(text), Err(Unfit::NoJson { .. })),
                "{text}"
            );
        }
        assert_eq!(check_text(" {\"a\": [1, \"é\"]} "), Ok(()));
        assert!(matches!(check_text("\"\\u0000\""), Err(Unfit::Nul { .. })));
        assert!(matches!(
            check_text(&nested(DEEPEST + 1)),
            Err(Unfit::TooDeep { .. })
        ));
        let large = "x".repeat(MOST_BYTES + 1);
        assert!(matches!(check_text(&large), Err(Unfit::TooLarge { .. })));
    }
}
