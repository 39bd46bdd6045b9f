//! How much memory a worker takes when there is much to do and nobody to do it for.

use super::Sea;
use crate::support::{Outbox, long, patient};

on_each_database! {
    a_worker_with_a_dead_target_stays_small,
}

/// The most that a worker may take.
const MOST_KIB: u64 = 150 * 1024;

fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn a_worker_with_a_dead_target_stays_small<DB: Outbox>() {
    let sea = Sea::<DB>::open().await;
    let effects: i64 = if long() { 1_000_000 } else { 20_000 };
    let payload = r#"{"token":"many","index":0,"key":null,"number":0}"#;
    let mut there = 0;
    while there < effects {
        // In pieces, because a server has a limit of its own for one statement.
        let some = (effects - there).min(50_000);
        DB::execute(&sea.pool, DB::many_effects("free", payload, some)).await;
        there += some;
    }
    let worker = sea.process("stranded", "");
    let tried = "SELECT COUNT(*) FROM aftercommit_waiting";
    let mut sizes = Vec::new();
    // The breaker opens, and lets one attempt through now and then: each is looked at.
    for attempts in [5, 6, 7, 8] {
        patient(
            async || sea.count(tried).await >= attempts,
            || format!("{attempts} attempts"),
        )
        .await;
        sizes.push(resident_kib(worker.0.id()));
    }
    println!(
        "{effects} effects and a dead target on {}: {sizes:?} KiB",
        DB::NAME
    );
    assert!(sizes.iter().all(|size| *size < MOST_KIB), "{sizes:?}");
    let (first, last) = (sizes[0], sizes[3]);
    assert!(last < first + first / 10, "it grows: {sizes:?}");
    let all = "SELECT (SELECT COUNT(*) FROM aftercommit_effects) + (SELECT COUNT(*) FROM aftercommit_waiting)";
    assert_eq!(sea.count(all).await, effects);
    drop(worker);

    // The target is back.
    DB::execute(
        &sea.pool,
        "UPDATE aftercommit_waiting SET due_at = 0".into(),
    )
    .await;
    let worker = sea.process("worker", "");
    let mut most = 0;
    patient(
        async || {
            most = most.max(resident_kib(worker.0.id()));
            sea.count(all).await < effects / 2
        },
        || "half of the deliveries".into(),
    )
    .await;
    println!("and with the target back: at most {most} KiB");
    assert!(most < MOST_KIB, "{most}");
}
