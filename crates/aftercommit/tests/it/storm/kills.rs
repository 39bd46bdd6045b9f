//! Kills at random moments.

use aftercommit_harness::Storm;

use super::{Sea, blocking, seed};
use crate::support::{Outbox, long};

on_each_database! {
    nothing_is_lost_when_processes_are_killed,
}

async fn nothing_is_lost_when_processes_are_killed<DB: Outbox>() {
    let sea = Sea::<DB>::open().await;
    let kills = if long() { 10_000 } else { 200 };
    let roles = vec![
        sea.role("service", 3),
        sea.role("client", 1),
        sea.role("worker", 2),
        sea.role("operator", 1),
    ];
    let seed = seed();
    let storm = blocking(move || {
        let mut storm = Storm::start(roles, seed)?;
        storm.rage(kills)?;
        storm.dismiss("client")?;
        storm.dismiss("service")?;
        Ok(storm)
    })
    .await;
    sea.until_all_is_delivered().await;
    blocking(move || storm.end()).await;
    let verdict = sea.check(&format!("{kills} kills")).await;
    assert!(
        verdict.committed > kills / 4,
        "the storm left no time to commit:\n{verdict}"
    );
}
