//! Hooks: registering one, running one, and throwing 10,000 away with their savepoint.
//!
//! Goals: under 200 ns to register and run each; dropping does not look at hooks that stay.

use std::hint::black_box;

use aftercommit::{Error, Result};
use divan::Bencher;

const MANY: usize = 10_000;

fn main() {
    divan::main();
}

/// Per hook: registering alone.
#[divan::bench(sample_count = 50)]
fn on_commit_register(bencher: Bencher<'_, '_>) {
    let runtime = aftercommit_bench::runtime();
    let db = aftercommit_bench::in_memory(&runtime, aftercommit::Signals::new());
    let _inside = runtime.enter();
    let mut tx = runtime.block_on(db.begin()).expect("a transaction");
    let mut i = 0_u64;
    bencher.bench_local(|| {
        i += 1;
        tx.on_commit(async move || {
            black_box(i);
        });
    });
    runtime.block_on(tx.rollback());
}

/// A transaction with 10,000 hooks: divide by 10,000 for one hook, registered and run.
#[divan::bench(sample_count = 30)]
fn on_commit_register_and_run_10_000(bencher: Bencher<'_, '_>) {
    let runtime = aftercommit_bench::runtime();
    let db = aftercommit_bench::in_memory(&runtime, aftercommit::Signals::new());
    bencher.bench_local(|| {
        runtime.block_on(async {
            let mut tx = db.begin().await.expect("a transaction");
            for i in 0..MANY {
                tx.on_commit(async move || {
                    black_box(i);
                });
            }
            tx.commit().await.expect("committed");
        });
    });
}

/// A nested block with one hook is undone, with so many hooks pending around it: the time must not grow.
#[divan::bench(args = [0, 10_000], sample_count = 100)]
fn undo_one_hook_with_pending(bencher: Bencher<'_, '_>, pending: usize) {
    let runtime = aftercommit_bench::runtime();
    let db = aftercommit_bench::in_memory(&runtime, aftercommit::Signals::new());
    let _inside = runtime.enter();
    let mut tx = runtime.block_on(db.begin()).expect("a transaction");
    for _ in 0..pending {
        tx.on_commit(async || ());
    }
    bencher.bench_local(|| {
        let undone: Result<()> = runtime.block_on(tx.atomic(async |tx| {
            tx.on_commit(async || ());
            Err(Error::other("undo"))
        }));
        assert!(undone.is_err());
    });
    assert_eq!(tx.pending_hooks(), pending);
    runtime.block_on(tx.rollback());
}
