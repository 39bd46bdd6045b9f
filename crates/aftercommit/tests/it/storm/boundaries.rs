//! Something happens at each boundary between two steps.

use aftercommit::delivery::Point;

use super::Sea;
use crate::support::{Outbox, long, patient};

on_each_database! {
    nothing_is_lost_when_a_process_is_killed_at_any_boundary,
    nothing_is_lost_when_something_fails_at_any_boundary,
}

async fn nothing_is_lost_when_a_process_is_killed_at_any_boundary<DB: Outbox>() {
    let sea = Sea::<DB>::open().await;
    let helper = sea.process("service", "rescued:1000000:error");
    for _ in 0..if long() { 20 } else { 1 } {
        for point in Point::ALL {
            let mut victim = sea.process("service", &format!("{}:2:kill", point.name()));
            victim.until_dead().await;
        }
    }
    drop(helper);
    let healer = sea.process("worker", "rescued:1000000:error");
    sea.until_calm().await;
    drop(healer);
    sea.check("a kill at each boundary").await;
}

async fn nothing_is_lost_when_something_fails_at_any_boundary<DB: Outbox>() {
    let sea = Sea::<DB>::open().await;
    for _ in 0..if long() { 20 } else { 1 } {
        for act in ["error", "panic", "stall"] {
            let points: Vec<String> = Point::ALL
                .iter()
                .map(|point| format!("{}:2:{act}", point.name()))
                .collect();
            let before = sea.count("SELECT COUNT(*) FROM storm_tokens").await;
            // A rescue needs somebody who has died.
            let mut dying = sea.process("service", "attempted:20:kill");
            let failing = sea.process("service", &points.join(","));
            dying.until_dead().await;
            patient(
                async || sea.count("SELECT COUNT(*) FROM storm_tokens").await > before + 150,
                || format!("commits in spite of {act}"),
            )
            .await;
            patient(
                async || sea.count("SELECT COUNT(*) FROM aftercommit_workers").await == 1,
                || "the rescue".into(),
            )
            .await;
            drop(failing);
        }
    }
    let healer = sea.process("worker", "rescued:1000000:error");
    sea.until_calm().await;
    drop(healer);
    sea.check("an error, a panic and a stall at each boundary")
        .await;
}
