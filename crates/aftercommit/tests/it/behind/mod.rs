//! Messages that end a transaction behind its block's back: in comments, in quotes, behind other statements, by procedures.
//!
//! However a message is spelled, a hook runs only for rows that are there, an `Err` leaves no rows unless it says
//! so with `TX_STATE_MISMATCH`, and the connection comes back to its pool as it left it. Without the probe the same messages
//! break these promises, which shows that they would be noticed.

mod judge;
mod message;
mod parts;
mod program;
mod run;

use std::collections::BTreeMap;

use fastrand::Rng;

use crate::support::{Site, long};
use judge::Outcome;
use program::{IDS, Program};
use run::{Behind, run};

on_each_database! {
    nothing_is_done_behind_a_blocks_back,
    without_the_probe_each_hole_is_open,
}

/// What became of the messages of one hole.
#[derive(Debug, Default)]
struct Count {
    messages: usize,
    refused: u32,
    mismatches: u32,
    faults: u32,
}

/// Counts by the name of the hole.
#[derive(Default)]
struct Counts(BTreeMap<&'static str, Count>);

impl Counts {
    fn note(&mut self, program: &Program, outcome: &Outcome, is_fault: bool) {
        let count = self.0.entry(program.hole).or_default();
        count.messages += program.messages();
        count.refused += outcome.refused;
        count.mismatches += u32::from(outcome.is_mismatch());
        count.faults += u32::from(is_fault);
    }

    fn messages(&self) -> usize {
        self.0.values().map(|count| count.messages).sum()
    }

    fn print<DB: Behind>(&self, what: &str) {
        println!("{} {what}: {} messages", DB::NAME, self.messages());
        for (hole, count) in &self.0 {
            println!(
                "  {hole}: {} messages, {} refused, {} mismatches, {} faults",
                count.messages, count.refused, count.mismatches, count.faults
            );
        }
    }
}

fn seed() -> u64 {
    let given = std::env::var("AFTERCOMMIT_TEST_SEED").ok();
    given.map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap())
}

async fn open<DB: Behind>() -> Site<DB> {
    let site = Site::<DB>::with_pool_of(1).await;
    DB::set_up(&site.others).await;
    assert_eq!(DB::state(site.db.pool()).await, DB::DEFAULT);
    site
}

async fn nothing_is_done_behind_a_blocks_back<DB: Behind>() {
    let (site, seed) = (open::<DB>().await, seed());
    let mut random = Rng::with_seed(seed);
    let mut counts = Counts::default();
    let least = if long() { 100_000 } else { 8_000 };
    let holes = DB::PARTS.holes.iter().cycle();
    for (first, hole) in (0..).step_by(IDS as usize * 2).zip(holes) {
        if counts.messages() >= least {
            break;
        }
        let program = Program::new(DB::PARTS, hole, first, &mut random);
        let outcome = run(&site, &program, first).await;
        let fault = outcome.fault(DB::DEFAULT);
        assert!(
            fault.is_none(),
            "{fault:?} with seed {seed}: {program:#?} {outcome:#?}"
        );
        counts.note(&program, &outcome, false);
    }
    counts.print::<DB>("with the probe");
    for hole in DB::PARTS
        .holes
        .iter()
        .filter(|hole| hole.open_without_probe)
    {
        let count = &counts.0[hole.name];
        let noticed = count.mismatches + count.refused;
        assert!(noticed > 0, "{} did nothing", hole.name);
    }
}

async fn without_the_probe_each_hole_is_open<DB: Behind>() {
    let mut site = open::<DB>().await;
    site.db = site.db.without_proof();
    let seed = seed();
    let mut random = Rng::with_seed(seed);
    let mut counts = Counts::default();
    let holes = || {
        DB::PARTS
            .holes
            .iter()
            .filter(|hole| hole.open_without_probe)
    };
    for first in (0..20_000).step_by(IDS as usize * 2) {
        let missing =
            |counts: &Counts, name| counts.0.get(name).is_none_or(|count| count.faults == 0);
        let mut missing = holes().filter(|hole| missing(&counts, hole.name));
        let Some(hole) = missing.next() else {
            break;
        };
        let program = Program::new(DB::PARTS, hole, first, &mut random);
        let outcome = run(&site, &program, first).await;
        let is_fault = outcome.fault(DB::DEFAULT).is_some();
        counts.note(&program, &outcome, is_fault);
        if is_fault {
            // It may be in any state by now.
            let conn = site.db.pool().acquire().await.unwrap();
            conn.close().await.unwrap();
        }
    }
    counts.print::<DB>("without the probe");
    for hole in holes() {
        let found = counts.0.get(hole.name).map_or(0, |count| count.faults);
        assert!(found > 0, "{} was not found with seed {seed}", hole.name);
    }
}
