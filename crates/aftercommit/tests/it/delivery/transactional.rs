//! Handlers in the transaction that settles their effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aftercommit::effect::durable;
use aftercommit::signal::with_state;
use aftercommit::{Error, Ok, Result, RetryPolicy, Signals, Tx, Worker};
use tokio::sync::Semaphore;

use super::{Noted, noted, quickly, site};
use crate::support::{Outbox, Sink, Site, patient};

on_each_database_and_the_pooler! {
    a_handler_in_a_transaction_settles_with_its_writes,
    a_handler_in_a_transaction_that_lost_its_lease_writes_nothing,
    those_behind_a_failure_follow_a_handler_in_a_transaction,
}

/// Inserts the row that the signal names; fails the first time, behind the insert.
async fn insert_row<DB: Outbox>(calls: &AtomicUsize, tx: &mut Tx<DB>, noted: &Noted) -> Result<()> {
    DB::insert(tx, noted.0.parse().unwrap()).await?;
    if calls.fetch_add(1, Ordering::SeqCst) == 0 {
        Err(Error::other("not yet"))
    } else {
        Ok(())
    }
}

async fn a_handler_in_a_transaction_settles_with_its_writes<DB: Outbox>() {
    let receiver = durable(
        "insert_row",
        with_state(AtomicUsize::new(0), insert_row::<DB>),
    )
    .retry(quickly(9));
    let (site, running) = site::<DB>(receiver).await;
    site.db.send(noted(5)).await.unwrap();
    patient(async || site.ids().await == [5], || "the row".into()).await;
    // With the row the effect is gone: there is no moment between them.
    assert_eq!(site.count("effects").await + site.count("waiting").await, 0);
    let drained = running.drain().await;
    assert_eq!((drained.delivered, drained.put_off), (1, 1));
}

struct Held {
    sink: Sink,
    go: Semaphore,
}

async fn insert_when_told<DB: Outbox>(held: &Held, tx: &mut Tx<DB>, noted: &Noted) -> Result<()> {
    held.sink.put(&noted.0);
    held.go.acquire().await.unwrap().forget();
    DB::insert(tx, noted.0.parse().unwrap()).await
}

async fn a_handler_in_a_transaction_that_lost_its_lease_writes_nothing<DB: Outbox>() {
    // SQLite's one writer is the handler itself: nobody can take the lease away meanwhile.
    if DB::ONE_FILE {
        return a_handler_in_a_transaction_settles_with_its_writes::<DB>().await;
    }
    let sink = Sink::default();
    let held = Arc::new(Held {
        sink: sink.clone(),
        go: Semaphore::new(0),
    });
    let receiver =
        durable("insert", with_state(Arc::clone(&held), shared_insert::<DB>)).concurrency(1);
    let (site, running) = site::<DB>(receiver).await;
    site.db.send(noted(5)).await.unwrap();
    sink.until(1).await;
    let taken = "UPDATE aftercommit_effects SET owner = 1, fence = fence + 1";
    assert_eq!(site.run(taken).await, 1);
    held.go.add_permits(1);
    patient(
        async || site.heard.has("attempt lost"),
        || "the loss".into(),
    )
    .await;
    assert_eq!(site.ids().await, Vec::<i64>::new());
    // Its owner is nobody: it is taken over, and delivered once.
    held.go.add_permits(1);
    patient(async || site.ids().await == [5], || "the row".into()).await;
    site.until("effects", 0).await;
    running.drain().await;
}

async fn shared_insert<DB: Outbox>(held: &Arc<Held>, tx: &mut Tx<DB>, noted: &Noted) -> Result<()> {
    insert_when_told(held, tx, noted).await
}

async fn those_behind_a_failure_follow_a_handler_in_a_transaction<DB: Outbox>() {
    let go = Arc::new(Semaphore::new(0));
    let receiver = durable(
        "insert",
        with_state(Arc::clone(&go), insert_when_allowed::<DB>),
    )
    .key(|_: &Noted| "k".into())
    .retry(
        RetryPolicy::attempts(1_000_000)
            .first(Duration::from_secs(2))
            .longest(Duration::from_secs(3)),
    );
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receiver));
    site.db.migrate().await.unwrap();
    // What helps it after half a lease comes too late for this test.
    let worker = Worker::new(&site.db)
        .poll_every(Duration::from_millis(20))
        .lease(Duration::from_secs(3600));
    let running = worker.start().await.unwrap();
    for number in 0..4 {
        site.db.send(noted(number)).await.unwrap();
    }
    let parked = "SELECT COUNT(*) FROM aftercommit_waiting WHERE due_at IS NULL";
    patient(
        async || DB::number(&site.others, parked.into()).await == 3,
        || "3 parked".into(),
    )
    .await;
    go.add_permits(1);
    patient(
        async || site.ids().await == [0, 1, 2, 3],
        || "the rows".into(),
    )
    .await;
    running.drain().await;
}

async fn insert_when_allowed<DB: Outbox>(
    go: &Arc<Semaphore>,
    tx: &mut Tx<DB>,
    noted: &Noted,
) -> Result<()> {
    if go.available_permits() == 0 {
        return Err(Error::other("not yet"));
    }
    DB::insert(tx, noted.0.parse().unwrap()).await
}
