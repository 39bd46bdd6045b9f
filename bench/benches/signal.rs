//! Sending a signal in a transaction to 0, 1 and 10 `during` receivers.
//!
//! Goals: under 10 ns, 50 ns and 500 ns. (Django 6.1 on such a machine: 270 ns, 1,900 ns and 8,300 ns.)

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aftercommit::{Result, Signals, Tx};
use divan::Bencher;
use sqlx::Sqlite;

struct Saved(u64);

async fn hear(_tx: &mut Tx<Sqlite>, saved: &Saved) -> Result<()> {
    black_box(saved.0);
    Ok(())
}

fn main() {
    divan::main();
}

#[divan::bench(args = [0, 1, 10], sample_size = 1000)]
fn send(bencher: Bencher<'_, '_>, receivers: usize) {
    let runtime = aftercommit_bench::runtime();
    let mut signals = Signals::new();
    for i in 0..receivers {
        signals = signals.during(format!("receiver {i}"), hear);
    }
    let db = aftercommit_bench::in_memory(&runtime, signals);
    let _inside = runtime.enter();
    let mut tx = runtime.block_on(db.begin()).expect("a transaction");
    let mut context = Context::from_waker(Waker::noop());
    bencher.bench_local(|| {
        // No receiver waits for anything, so one poll is the whole send.
        let sending = pin!(tx.send(Saved(black_box(7))));
        assert!(matches!(sending.poll(&mut context), Poll::Ready(Ok(()))));
    });
    runtime.block_on(tx.rollback());
}
