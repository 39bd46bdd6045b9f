//! Processes whose clocks are a day off, in both directions.

use std::path::Path;

use aftercommit_harness::{Role, Storm};

use super::{Sea, blocking, seed};
use crate::support::{Outbox, long};

on_each_database! {
    clocks_that_are_a_day_off_change_nothing,
}

/// The wall clock of its processes is so much off; what measures durations is right.
fn off(mut role: Role, by: &str) -> Role {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    assert!(
        Path::new(library).exists(),
        "{library} is missing: apt-get install faketime"
    );
    for (name, value) in [
        ("LD_PRELOAD", library),
        ("FAKETIME", by),
        ("DONT_FAKE_MONOTONIC", "1"),
    ] {
        role.environment.push((name.into(), value.into()));
    }
    role.name = format!("{} {by}", role.name);
    role
}

async fn clocks_that_are_a_day_off_change_nothing<DB: Outbox>() {
    let sea = Sea::<DB>::open().await;
    let (one, other) = match DB::ONE_FILE {
        // Processes with the same file are on the same machine, and its clock is the database's: it is set, for all at once.
        true => {
            let before = vec![sea.role("service", 2)];
            rage(before, 20, &[]).await;
            ("+1d", "+1d")
        }
        false => ("-1d", "+1d"),
    };
    let service = |by| off(sea.role("service", 1), by);
    let worker = |by| off(sea.role("worker", 1), by);
    let kills = if long() { 2_000 } else { 50 };
    let roles = vec![service(one), service(other), worker(one), worker(other)];
    let clients = [format!("service {one}"), format!("service {other}")];
    let storm = rage(roles, kills, &clients).await;
    sea.until_calm().await;
    blocking(move || storm.end()).await;
    sea.check(&format!("{kills} kills with clocks a day off"))
        .await;
}

async fn rage(roles: Vec<Role>, kills: usize, clients: &[String]) -> Storm {
    let (seed, clients) = (seed(), clients.to_vec());
    blocking(move || {
        let mut storm = Storm::start(roles, seed)?;
        storm.rage(kills)?;
        for role in clients {
            storm.dismiss(&role)?;
        }
        Ok(storm)
    })
    .await
}
