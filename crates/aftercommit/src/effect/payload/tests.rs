//! What a payload may be, and what comes back.

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
