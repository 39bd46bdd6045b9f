//! What asking the guard costs where there is nothing to find. Goal: under 20 ns.

use aftercommit::guard;
use divan::Bencher;

fn main() {
    divan::main();
}

/// Outside any transaction.
#[divan::bench]
fn leaving_idle(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| guard::leaving("bench"));
}

/// In a task, while another one has begun a transaction by hand.
#[divan::bench]
fn leaving_beside_a_transaction(bencher: Bencher<'_, '_>) {
    let runtime = aftercommit_bench::runtime();
    let db = aftercommit_bench::in_memory(&runtime, aftercommit::Signals::new());
    let begun = runtime.block_on(async {
        let beginning = tokio::spawn(async move { db.begin().await });
        beginning.await.expect("joined").expect("begun")
    });
    bencher.bench_local(|| guard::leaving("bench"));
    runtime.block_on(begun.rollback());
}
