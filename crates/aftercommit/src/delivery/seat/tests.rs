//! How a seat looks through the keys of its receiver.

use super::*;

const NOW: Moment = Moment::from_secs(100);

fn seat() -> Seat {
    let mut seat = Seat::new(Manner::default());
    seat.pause(false);
    seat
}

fn one(key: &str) -> Leased {
    Leased {
        lease: Lease {
            id: EffectId::LOWEST,
            owner: 1,
            fence: 1,
        },
        receiver: "note".into(),
        key: Some(key.into()),
        version: 1,
        payload: "1".into(),
        headers: None,
        created_at: 0,
        failures: 0,
        starts: 0,
        rescues: 0,
        history: None,
    }
}

/// Claims, is answered, and says with which key it began. What it has taken is delivered at once.
fn claim(seat: &mut Seat, taken: &[&str], walk: Walk) -> Option<String> {
    let search = seat.claim(&Breaker::default(), NOW)?;
    let key = search.key.clone();
    let found = Found {
        taken: taken.iter().map(|key| one(key)).collect(),
        blocked: Vec::new(),
        walk,
    };
    seat.claimed(&search, found);
    seat.empty();
    Some(key)
}

#[test]
fn it_goes_on_where_a_claim_broke_off_and_rests_after_a_round_without_a_find() {
    let mut seat = seat();
    let at = |key: &str| Walk::UpTo(key.into());
    assert_eq!(claim(&mut seat, &["a"], at("g")).as_deref(), Some(""));
    assert_eq!(claim(&mut seat, &[], at("p")).as_deref(), Some("g"));
    assert_eq!(claim(&mut seat, &[], Walk::Ended).as_deref(), Some("p"));
    // What was passed over may be free by now, because the round had a find.
    assert_eq!(claim(&mut seat, &[], at("g")).as_deref(), Some(""));
    assert_eq!(claim(&mut seat, &[], Walk::Ended).as_deref(), Some("g"));
    assert_eq!(claim(&mut seat, &[], Walk::Ended), None);
    seat.wake();
    assert_eq!(claim(&mut seat, &[], Walk::Ended).as_deref(), Some(""));
    assert_eq!(claim(&mut seat, &[], Walk::Ended), None);
}

#[test]
fn what_it_is_told_of_in_the_middle_of_a_round_is_looked_for_in_the_next() {
    let mut seat = seat();
    claim(&mut seat, &[], Walk::UpTo("g".into()));
    seat.wake();
    assert_eq!(claim(&mut seat, &[], Walk::Ended).as_deref(), Some("g"));
    assert_eq!(claim(&mut seat, &[], Walk::Ended).as_deref(), Some(""));
    assert_eq!(claim(&mut seat, &[], Walk::Ended), None);
}

#[test]
fn what_it_is_told_of_while_a_claim_is_under_way_is_not_forgotten() {
    let mut seat = seat();
    let search = seat.claim(&Breaker::default(), NOW).expect("hungry");
    seat.wake();
    let found = Found {
        walk: Walk::Ended,
        ..Found::default()
    };
    seat.claimed(&search, found);
    assert!(seat.claim(&Breaker::default(), NOW).is_some());
}

#[test]
fn effects_with_and_without_a_key_come_first_in_turns() {
    let mut seat = seat();
    let mut first = || {
        seat.wake();
        let search = seat.claim(&Breaker::default(), NOW).expect("hungry");
        seat.claimed(
            &search,
            Found {
                walk: Walk::Ended,
                ..Found::default()
            },
        );
        search.keyed_first
    };
    assert_ne!(first(), first());
}

#[test]
fn it_looks_at_the_first_keys_again_though_a_round_has_no_end() {
    let mut seat = seat();
    let mut claim_at = |seconds: u64, up_to: &str| {
        let now = NOW + Duration::from_secs(seconds);
        let search = seat.claim(&Breaker::default(), now).expect("hungry");
        let key = search.key.clone();
        let found = Found {
            taken: vec![one("x")],
            blocked: Vec::new(),
            walk: Walk::UpTo(up_to.into()),
        };
        seat.claimed(&search, found);
        seat.empty();
        key
    };
    assert_eq!(claim_at(0, "g"), "");
    assert_eq!(claim_at(0, "h"), "g");
    assert_eq!(claim_at(2, "c"), "", "in between");
    assert_eq!(claim_at(2, "i"), "h", "and on where it was");
}
