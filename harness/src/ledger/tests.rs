#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;

use uuid::Uuid;

use super::*;

/// The books of a run, to be spoiled.
struct Books {
    claims: Vec<Claim>,
    deliveries: Vec<Delivery>,
    truth: Truth,
}

impl Books {
    /// Two transactions with two effects each, all of one key; `a` before `b`; and one that failed.
    fn clean() -> Self {
        let told = [
            ("a", Told::Committed),
            ("b", Told::Committed),
            ("c", Told::Failed),
        ];
        Self {
            claims: told
                .into_iter()
                .flat_map(|(token, told)| [claim(token, Told::Invoked), claim(token, told)])
                .collect(),
            deliveries: vec![
                delivery("a", 0, 1),
                delivery("a", 1, 2),
                delivery("b", 0, 3),
                delivery("b", 1, 4),
            ],
            truth: Truth {
                committed: [("a".to_owned(), 2), ("b".to_owned(), 2)].into(),
                left: Vec::new(),
            },
        }
    }

    fn verdict(&self) -> Verdict {
        let claims = self.claims.iter().cloned().collect();
        let deliveries = self.deliveries.iter().cloned().collect();
        Verdict::of(&claims, &deliveries, &self.truth)
    }
}

fn claim(token: &str, told: Told) -> Claim {
    Claim {
        token: token.into(),
        told,
        effects: 2,
        key: Some("k".into()),
    }
}

/// It arrives when it is its turn.
fn delivery(token: &str, index: u32, place: u64) -> Delivery {
    Delivery {
        effect: Uuid::from_u128(place.into()),
        token: token.into(),
        index,
        key: Some("k".into()),
        place,
        attempt: 1,
        worker: "w".into(),
        at: place * 100,
    }
}

fn which(token: &str, index: u32) -> Which {
    Which {
        token: token.into(),
        index,
    }
}

fn left(token: &str, index: u32, state: State) -> Left {
    Left {
        which: which(token, index),
        state,
    }
}

fn clean() -> Verdict {
    Verdict {
        committed: 2,
        delivered: 4,
        ..Verdict::default()
    }
}

#[test]
fn clean_books_are_clean() {
    let verdict = Books::clean().verdict();
    assert_eq!(verdict, clean());
    assert!(verdict.is_clean());
    assert!(verdict.to_string().starts_with("clean:"), "{verdict}");
}

#[test]
fn an_effect_that_nobody_has_is_lost() {
    let mut books = Books::clean();
    books.deliveries.remove(1);
    let verdict = books.verdict();
    let lost = Verdict {
        delivered: 3,
        lost: vec![which("a", 1)],
        ..clean()
    };
    assert_eq!(verdict, lost);
    assert!(!verdict.is_clean());
    assert!(verdict.to_string().contains("a#1"), "{verdict}");
}

#[test]
fn an_effect_that_is_dead_or_parked_is_not_lost() {
    for state in [State::Dead, State::Parked] {
        let mut books = Books::clean();
        books.deliveries.remove(3);
        books.truth.left.push(left("b", 1, state));
        let verdict = books.verdict();
        let aside = Verdict {
            delivered: 3,
            set_aside: 1,
            ..clean()
        };
        assert_eq!(verdict, aside);
        assert!(verdict.is_clean());
    }
}

#[test]
fn an_effect_that_still_waits_is_stuck_and_not_lost() {
    for state in [State::Pending, State::Waiting] {
        let mut books = Books::clean();
        books.deliveries.remove(3);
        books.truth.left.push(left("b", 1, state));
        let verdict = books.verdict();
        let stuck = Verdict {
            delivered: 3,
            stuck: vec![which("b", 1)],
            ..clean()
        };
        assert_eq!(verdict, stuck);
        assert!(!verdict.is_clean());
    }
}

#[test]
fn what_no_committed_transaction_has_sent_is_a_phantom() {
    let mut delivered = Books::clean();
    delivered.deliveries.push(delivery("c", 0, 5));
    let mut one_too_many = Books::clean();
    one_too_many.deliveries.push(delivery("b", 2, 5));
    let mut still_there = Books::clean();
    still_there.truth.left.push(left("c", 1, State::Dead));
    for (books, phantom) in [
        (delivered, which("c", 0)),
        (one_too_many, which("b", 2)),
        (still_there, which("c", 1)),
    ] {
        let verdict = books.verdict();
        assert_eq!(verdict.phantom, [phantom]);
        assert!(verdict.lost.is_empty() && !verdict.is_clean());
    }
}

#[test]
fn a_second_delivery_is_counted_and_must_have_the_same_id() {
    let mut books = Books::clean();
    let mut again = delivery("b", 1, 4);
    again.at += 1;
    books.deliveries.push(again.clone());
    let verdict = books.verdict();
    assert_eq!(
        verdict,
        Verdict {
            twice: 1,
            ..clean()
        }
    );
    assert!(verdict.is_clean());

    again.effect = Uuid::from_u128(99);
    books.deliveries.pop();
    books.deliveries.push(again);
    let verdict = books.verdict();
    let two_ids = Verdict {
        twice_with_other_id: vec![which("b", 1)],
        ..clean()
    };
    assert_eq!(verdict, two_ids);
    assert!(!verdict.is_clean());
}

#[test]
fn a_client_that_was_told_what_is_not_so_is_named() {
    let mut not_there = Books::clean();
    not_there.claims.push(claim("d", Told::Committed));
    let mut there = Books::clean();
    there.claims[3].told = Told::Failed;
    let mut fewer = Books::clean();
    fewer.claims[0].effects = 3;
    let other = Wrong::OtherEffects {
        sent: 3,
        committed: 2,
    };
    for (books, token, wrong) in [
        (not_there, "d", Wrong::IsNotCommitted),
        (there, "b", Wrong::IsCommitted),
        (fewer, "a", other),
    ] {
        let verdict = books.verdict();
        let told_wrong = vec![(token.to_owned(), wrong)];
        assert_eq!(
            verdict,
            Verdict {
                told_wrong,
                ..clean()
            }
        );
        assert!(!verdict.is_clean());
    }
}

#[test]
fn an_unknown_ending_is_found_out() {
    let mut books = Books::clean();
    // The client of `b` died in the middle; that of `c` was told that it cannot be known.
    books.claims.remove(3);
    books.claims[4].told = Told::Unknown;
    let verdict = books.verdict();
    let resolved = Verdict {
        unknown_committed: 1,
        unknown_not: 1,
        ..clean()
    };
    assert_eq!(verdict, resolved);
    assert!(verdict.is_clean());
}

#[test]
fn first_deliveries_of_a_key_against_its_order_are_found() {
    let mut books = Books::clean();
    books.deliveries[1].at = 350;
    let verdict = books.verdict();
    let out_of_order = vec![OutOfOrder {
        key: "k".into(),
        late: which("a", 1),
        after: which("b", 0),
        again: false,
    }];
    assert_eq!(
        verdict,
        Verdict {
            out_of_order,
            ..clean()
        }
    );
    assert!(!verdict.is_clean());

    books.deliveries[1].key = Some("another".into());
    assert!(
        books.verdict().is_clean(),
        "keys do not wait for each other"
    );
}

#[test]
fn a_repeated_delivery_behind_its_successor_is_found() {
    let mut books = Books::clean();
    let mut again = delivery("a", 1, 2);
    again.at = 350;
    books.deliveries.push(again);
    let found = books.verdict().out_of_order;
    assert_eq!(found.len(), 1);
    assert!(found[0].again);
    assert_eq!(found[0].to_string(), "a#1 came again after b#0 (key k)");
}

#[test]
fn what_was_written_is_read_and_a_torn_line_is_not() {
    let books = Books::clean();
    let folder = tempfile::tempdir().unwrap();
    let mut claims = ClaimLog::create_in(folder.path()).unwrap();
    for claim in &books.claims {
        claims.append(claim).unwrap();
    }
    // Two processes; one of them was killed while it wrote.
    let mut logs = [(); 2].map(|()| DeliveryLog::create_in(folder.path()).unwrap());
    for (number, delivery) in books.deliveries.iter().enumerate() {
        logs[number % 2].append(delivery).unwrap();
    }
    let torn = folder.path().join("deliveries-0-0.jsonl");
    let mut torn = std::fs::File::create(torn).unwrap();
    torn.write_all(b"{\"effect\":\"0000").unwrap();

    let claims = Claims::read(folder.path()).unwrap();
    let deliveries = Deliveries::read(folder.path()).unwrap();
    assert_eq!(claims.len(), 3);
    assert!(deliveries.iter().eq(&books.deliveries));
    assert_eq!(Verdict::of(&claims, &deliveries, &books.truth), clean());

    torn.write_all(b"\n{").unwrap();
    let refused = Deliveries::read(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("0-0.jsonl: line 1"), "{refused}");
}

#[test]
fn a_claim_is_one_line_of_json() {
    let line = serde_json::to_string(&claim("t", Told::Committed)).unwrap();
    assert_eq!(
        line,
        r#"{"token":"t","told":"committed","effects":2,"key":"k"}"#
    );
}
