//! What processes wrote before they were killed is in their books, without a gap.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Role, Storm};
use crate::{Deliveries, Delivery, DeliveryLog, monotonic_now};

const FOLDER: &str = "AFTERCOMMIT_HARNESS_BOOKS";

/// The process that is killed: this very test program, told by its environment to write until it is.
#[test]
fn a_sink_that_writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let mut log = DeliveryLog::create_in(folder.as_ref()).unwrap();
    for index in 0.. {
        let delivery = Delivery {
            effect: Uuid::from_u128(index.into()),
            token: std::process::id().to_string(),
            index,
            key: None,
            place: 0,
            attempt: 1,
            // A line of several pages, which a kill in the middle of its writing would tear.
            worker: "w".repeat(20_000),
            at: monotonic_now(),
        };
        log.append(&delivery).unwrap();
    }
}

#[test]
fn books_survive_a_storm() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Role {
        name: "sink".into(),
        program: std::env::current_exe().unwrap(),
        arguments: vec![
            "storm::books::a_sink_that_writes_until_it_is_killed".into(),
            "--exact".into(),
        ],
        environment: vec![(FOLDER.into(), folder.path().display().to_string())],
        count: 2,
    };
    let mut storm = Storm::start(vec![sink], 3).unwrap();
    storm.rage(30).unwrap();
    storm.end().unwrap();

    let mut next: BTreeMap<String, u32> = BTreeMap::new();
    for delivery in Deliveries::read(folder.path()).unwrap().iter() {
        let next = next.entry(delivery.token.clone()).or_default();
        assert_eq!(delivery.index, *next);
        *next += 1;
    }
    assert!(!next.is_empty());
}
