//! Workers that stand still for longer than their lease.

use std::time::Duration;

use aftercommit_harness::Storm;

use super::{Sea, blocking, seed};
use crate::support::{Outbox, long};

on_each_database! {
    a_paused_worker_changes_nothing_that_others_wrote,
}

async fn a_paused_worker_changes_nothing_that_others_wrote<DB: Outbox>() {
    let sea = Sea::<DB>::open().await;
    let roles = vec![sea.role("service", 2), sea.role("worker", 2)];
    let (seed, rounds) = (seed(), if long() { 100 } else { 3 });
    let storm = blocking(move || {
        let mut storm = Storm::start(roles, seed)?;
        storm.keep_alive(Duration::from_millis(500))?;
        for round in 0..rounds {
            let (role, number) = if round % 2 == 0 {
                ("worker", 0)
            } else {
                ("service", 1)
            };
            storm.pause(role, number)?;
            // Longer than the lease: the others take it for dead.
            storm.keep_alive(Duration::from_millis(1_600))?;
            storm.resume(role, number)?;
            storm.keep_alive(Duration::from_millis(400))?;
        }
        storm.dismiss("service")?;
        Ok(storm)
    })
    .await;
    sea.until_calm().await;
    blocking(move || storm.end()).await;
    let mut verdict = sea.verdict().await;
    println!("{rounds} pauses on {}:\n{verdict}", DB::NAME);
    // Who was paused in the middle of a delivery may finish it late: a repeat that came first in its turn.
    verdict.out_of_order.retain(|order| !order.again);
    assert!(verdict.is_clean(), "{verdict}");
    assert_eq!(
        sea.count("SELECT COUNT(*) FROM storm_tokens WHERE counted <> 1")
            .await,
        0
    );
}
