use super::*;
use crate::EffectId;
use crate::delivery::{Found, Outcome, Search, Walk};

const SECOND: Moment = Moment::from_secs(1);
const WORKER: i64 = 7;

fn note() -> Arc<str> {
    Arc::from("note")
}

/// A desk with one receiver, whose worker is not registered yet.
fn fresh() -> Desk {
    let mut desk = Desk::new(Times {
        lease: SECOND * 20,
        beat: SECOND * 4,
        poll: SECOND,
        rescue: SECOND * 4,
        grace: SECOND * 25,
    });
    desk.serve([(note(), Manner::default())]);
    desk
}

/// The same, at work from the first second on.
fn at_work() -> Desk {
    let mut desk = fresh();
    desk.orders(SECOND);
    desk.registered(Some(WORKER), SECOND, SECOND);
    desk.orders(SECOND);
    desk.maintained(Some(&[]), false);
    desk
}

fn leased(number: u128) -> Leased {
    Leased {
        lease: Lease {
            id: uuid::Uuid::from_u128(number).into(),
            owner: WORKER,
            fence: 0,
        },
        receiver: note(),
        key: None,
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

fn claimed_nothing(desk: &mut Desk, receiver: &str) {
    let search = Search {
        low: EffectId::LOWEST,
        key: String::new(),
        keyed_first: true,
        limit: 16,
    };
    let found = Found {
        walk: Walk::Ended,
        ..Found::default()
    };
    desk.claimed(receiver, &search, Some(found));
}

/// Everything that the database was asked has been answered, and there was nothing.
fn nothing_found(desk: &mut Desk, now: Moment) {
    desk.maintained(Some(&[]), false);
    desk.rescued(Some(0));
    claimed_nothing(desk, "note");
    desk.beaten(Some(true), now, now);
}

#[test]
fn it_sleeps_while_the_database_is_away() {
    let mut desk = fresh();
    desk.orders(SECOND * 5);
    assert!(
        desk.wake_at(SECOND) > SECOND * 5,
        "the registration is under way"
    );
    let mut desk = at_work();
    desk.orders(SECOND * 2);
    nothing_found(&mut desk, SECOND * 2);
    let later = SECOND * 60;
    desk.orders(later);
    assert!(
        desk.wake_at(later) > later,
        "a sign of life is under way, and nothing else can be done"
    );
}

#[test]
fn it_sleeps_while_a_drain_waits_for_a_handler() {
    let mut desk = at_work();
    desk.handed_over(vec![leased(1)]);
    desk.orders(SECOND * 2);
    nothing_found(&mut desk, SECOND * 2);
    desk.drain(SECOND * 3);
    for second in 3..27 {
        let now = SECOND * second;
        desk.orders(now);
        assert!(desk.wake_at(now) > now, "at {now:?}");
        desk.beaten(Some(true), now, now);
    }
    assert_eq!(
        desk.wake_at(SECOND * 4),
        SECOND * 28,
        "the end of the grace"
    );
}

#[test]
fn it_sleeps_while_there_is_nothing_to_try_an_open_breaker_with() {
    let mut desk = at_work();
    for number in 1..=5 {
        desk.handed_over(vec![leased(number)]);
        desk.orders(SECOND * 2);
        let lease = leased(number).lease;
        let ended = Ended::Answered(Outcome::unavailable("down"));
        desk.ran("note", vec![(lease, ended)], SECOND * 2, 1.0);
    }
    for second in 3..10 {
        let now = SECOND * second;
        desk.orders(now);
        nothing_found(&mut desk, now);
        desk.orders(now);
        assert!(desk.wake_at(now) > now, "at {now:?}");
    }
}

/// What an order is called.
fn names(orders: &[Order]) -> Vec<String> {
    let name = |order| {
        format!("{order:?}")
            .split([' ', '{'])
            .next()
            .map(str::to_owned)
    };
    orders.iter().filter_map(name).collect()
}

fn desk() -> Desk {
    let second = Duration::from_secs(1);
    Desk::new(Times {
        lease: second * 20,
        beat: second * 4,
        poll: second,
        rescue: second * 4,
        grace: second * 25,
    })
}

#[test]
fn who_waits_for_an_answer_sleeps() {
    let mut desk = desk();
    assert_eq!(names(&desk.orders(Moment::ZERO)), ["Register"]);
    assert_eq!(desk.wake_at(Moment::ZERO), Moment::MAX);
}

#[test]
fn what_was_settled_in_a_transaction_lets_the_next_ones_follow() {
    let (mut desk, receiver): (Desk, Arc<str>) = (desk(), "ship".into());
    desk.serve([(Arc::clone(&receiver), Manner::default())]);
    desk.orders(Moment::ZERO);
    desk.registered(Some(7), Moment::ZERO, Moment::ZERO);
    desk.maintained(Some(&[]), false);
    let lease = Lease {
        id: EffectId::LOWEST,
        owner: 7,
        fence: 3,
    };
    let failed_before = Leased {
        lease,
        receiver,
        key: Some("1".into()),
        version: 1,
        payload: String::new(),
        headers: None,
        created_at: 0,
        failures: 1,
        starts: 0,
        rescues: 0,
        history: None,
    };
    desk.handed_over(vec![failed_before]);
    desk.orders(Moment::ZERO);
    desk.ran("ship", vec![(lease, Ended::Settled)], Moment::ZERO, 0.5);
    assert!(names(&desk.orders(Moment::ZERO)).contains(&"Unpark".into()));
}

#[test]
fn what_is_committed_for_one_receiver_makes_no_other_look() {
    let mut desk = at_work();
    let posts = ["note", "other", "third"].map(|name| (Arc::from(name), Manner::default()));
    desk.serve(posts);
    desk.orders(SECOND * 2);
    desk.maintained(Some(&[]), false);
    desk.orders(SECOND * 2);
    for name in ["note", "other", "third"] {
        claimed_nothing(&mut desk, name);
    }
    desk.woken_for(&[Arc::from("other")]);
    let now = SECOND * 2;
    let claims: Vec<_> = desk
        .orders(now)
        .into_iter()
        .filter_map(|order| match order {
            Order::Claim { receiver, .. } => Some(receiver),
            _ => None,
        })
        .collect();
    assert_eq!(claims, [Arc::from("other")]);
}

#[test]
fn a_worker_that_is_being_registered_leaves_with_its_identity() {
    let mut desk = fresh();
    let orders = desk.orders(SECOND);
    assert!(matches!(orders[..], [Order::Register]));
    desk.drain(SECOND);
    assert!(desk.orders(SECOND).is_empty());
    desk.registered(Some(WORKER), SECOND, SECOND);
    let orders = desk.orders(SECOND);
    assert!(orders.iter().any(|order| matches!(order, Order::Finish)));
    assert_eq!(desk.identity(), Some(WORKER));
}

#[test]
fn few_outcomes_are_written_down_at_a_time() {
    let mut desk = at_work();
    let now = SECOND * 2;
    let writes = |orders: &[Order]| {
        let write = |order: &&Order| matches!(order, Order::Write { .. });
        orders.iter().filter(write).count()
    };
    let next = || Next::Dead { why: "no".into() };
    desk.unwritten = (1..=MOST_WRITTEN as u128 + 1)
        .map(|number| (leased(number), next()))
        .collect();
    assert_eq!(writes(&desk.orders(now)), MOST_WRITTEN);
    assert!(desk.wake_at(now) > now, "it does not turn round and round");
    desk.written(leased(1), next(), Some(true), now);
    assert_eq!(writes(&desk.orders(now)), 1);
}

#[test]
fn a_hand_over_that_comes_after_its_lease_was_given_back_is_not_started() {
    let mut desk = at_work();
    let lease = leased(0).lease;
    assert!(desk.compared(vec![lease], SECOND).is_empty());
    assert_eq!(desk.compared(vec![lease], SECOND * 20), [lease]);
    desk.handed_over(vec![leased(0)]);
    let orders = desk.orders(SECOND * 2);
    assert!(
        !orders
            .iter()
            .any(|order| matches!(order, Order::Run { .. }))
    );
}
