//! A living worker is not taken for dead, whatever its handlers and other transactions do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use aftercommit::effect::durable;
use aftercommit::signal::with_state;
use aftercommit::{Db, Delivery, Ok, Result, Signals, Tx, Worker};
use tokio::sync::Semaphore;

use super::{Noted, into, noted, site, when_told};
use crate::support::{Heard, Outbox, Sink, Site, patient};

on_each_database_and_the_pooler! {
    a_worker_needs_no_connection_of_the_application,
    handlers_in_a_transaction_leave_two_connections,
    receivers_in_a_transaction_share_what_there_is,
    a_handler_that_blocks_its_thread_does_not_stop_the_heartbeat,
    a_lock_that_outlasts_the_lease_kills_no_worker,
    a_runtime_that_ends_takes_its_worker_along,
    a_pool_that_is_closed_ends_its_worker,
}

const LEASE: Duration = Duration::from_millis(500);

fn quick<DB: Outbox>(db: &Db<DB>) -> Worker<DB> {
    super::quick(db).lease(LEASE)
}

async fn a_worker_needs_no_connection_of_the_application<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    let elsewhere = site.elsewhere().await;
    let elsewhere = elsewhere.with_signals(site.db.signals().clone());
    let mut all = Vec::new();
    while all.len() < site.db.pool().options().get_max_connections() as usize {
        all.push(site.db.pool().acquire().await.unwrap());
    }
    elsewhere.send(noted("x")).await.unwrap();
    assert_eq!(sink.until(1).await, ["x"]);
    site.until("effects", 0).await;
    drop(all);
    running.drain().await;
}

/// Handlers that are running, and the most that ever were.
struct Crowd {
    running: AtomicUsize,
    most: AtomicUsize,
    sink: Sink,
    go: Arc<Semaphore>,
}

impl Crowd {
    fn new() -> Arc<Self> {
        Self::with(&Arc::new(Semaphore::new(0)))
    }

    fn with(go: &Arc<Semaphore>) -> Arc<Self> {
        Arc::new(Self {
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            sink: Sink::default(),
            go: Arc::clone(go),
        })
    }
}

async fn crowd_in<DB: Outbox>(crowd: &Arc<Crowd>, _: &mut Tx<DB>, noted: &Noted) -> Result<()> {
    let running = crowd.running.fetch_add(1, Ordering::SeqCst) + 1;
    crowd.most.fetch_max(running, Ordering::SeqCst);
    crowd.sink.put(&noted.0);
    crowd.go.acquire().await.unwrap().forget();
    crowd.running.fetch_sub(1, Ordering::SeqCst);
    Ok(())
}

async fn handlers_in_a_transaction_leave_two_connections<DB: Outbox>() {
    let crowd = Crowd::new();
    let receiver = durable("crowd", with_state(Arc::clone(&crowd), crowd_in::<DB>));
    let site = Site::<DB>::with_pool_of(4)
        .await
        .with_signals(Signals::new().with(receiver));
    site.db.migrate().await.unwrap();
    let elsewhere = site.elsewhere().await;
    let elsewhere = elsewhere.with_signals(site.db.signals().clone());
    for number in 0..6 {
        elsewhere.send(noted(number)).await.unwrap();
    }
    let running = quick(&site.db).start().await.unwrap();
    assert!(site.heard.has("worker started: 2"));
    // Their transactions begin with their first statement, so that also SQLite lets both in.
    let at_once = 2;
    crowd.sink.until(at_once).await;
    let one = site.db.pool().acquire().await.unwrap();
    let other = site.db.pool().acquire().await.unwrap();
    drop((one, other));
    crowd.go.add_permits(1_000);
    site.until("effects", 0).await;
    assert_eq!(crowd.most.load(Ordering::SeqCst), at_once);
    running.drain().await;
}

async fn receivers_in_a_transaction_share_what_there_is<DB: Outbox>() {
    let go = Arc::new(Semaphore::new(0));
    let (first, second) = (Crowd::with(&go), Crowd::with(&go));
    let signals = Signals::new()
        .with(durable(
            "a_first",
            with_state(Arc::clone(&first), crowd_in::<DB>),
        ))
        .with(durable(
            "b_second",
            with_state(Arc::clone(&second), crowd_in::<DB>),
        ));
    let site = Site::<DB>::with_pool_of(3).await.with_signals(signals);
    site.db.migrate().await.unwrap();
    let elsewhere = site.elsewhere().await;
    let elsewhere = elsewhere.with_signals(site.db.signals().clone());
    for number in 0..20 {
        elsewhere.send(noted(number)).await.unwrap();
    }
    let running = quick(&site.db).start().await.unwrap();
    // One at a time, and still neither waits for all of the other.
    let begun = || [&first, &second].map(|crowd| crowd.sink.all().len());
    let mut done = 0;
    loop {
        patient(
            async || begun().iter().sum::<usize>() > done,
            || "the next one".into(),
        )
        .await;
        if begun().iter().all(|begun| *begun > 0) {
            break;
        }
        done += 1;
        go.add_permits(1);
    }
    assert!(begun().iter().all(|begun| *begun < 20), "{:?}", begun());
    go.add_permits(100);
    site.until("effects", 0).await;
    running.drain().await;
}

/// A worker on a runtime of one thread.
struct Elsewhere {
    /// What is sent here ends the runtime, without draining.
    end: mpsc::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

fn in_a_process_of_one_thread<DB: Outbox>(site: &Site<DB>, signals: Signals<DB>) -> Elsewhere {
    let (end, ended) = mpsc::channel();
    let (options, heard) = (site.options.clone(), site.heard.clone());
    let pooled = crate::support::POOLED.try_with(|()| ()).is_ok();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let running = runtime.block_on(async {
            let pool = sqlx::pool::PoolOptions::new()
                .max_connections(5)
                .connect_with(options);
            let db = Db::new(pool.await.unwrap())
                .with_signals(signals)
                .with_observer(move |event| heard.hear(event));
            let db = if pooled {
                db.behind_transaction_pooler()
            } else {
                db
            };
            let running = quick(&db).start().await.unwrap();
            while ended.try_recv().is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            running
        });
        drop(runtime);
        // Nobody has drained it.
        std::mem::forget(running);
    });
    Elsewhere { end, thread }
}

async fn a_handler_that_blocks_its_thread_does_not_stop_the_heartbeat<DB: Outbox>() {
    let (go, wait) = mpsc::channel::<()>();
    let (sink, wait) = (Sink::default(), Mutex::new(wait));
    let blocked = sink.clone();
    let signals = Signals::new().durable("block", move |delivery: Delivery<Noted>| {
        blocked.put(&delivery.0);
        // As a computation would, or a client that knows nothing of async.
        wait.lock().unwrap().recv().unwrap();
        std::future::ready(Ok(()))
    });
    let site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let there = in_a_process_of_one_thread(&site, signals);
    let writer = site.elsewhere().await;
    let writer = writer.with_signals(
        Signals::new().with(aftercommit::effect::durable_elsewhere::<_, Noted>("block")),
    );
    writer.send(noted("x")).await.unwrap();
    sink.until(1).await;
    // Another worker, that would take it for dead.
    let judge = quick(&site.db).start().await.unwrap();
    site.until("workers", 2).await;
    let oldest = "SELECT MIN(beat_at) FROM aftercommit_workers";
    let began = DB::number(&site.others, oldest.into()).await;
    let lease = i64::try_from(LEASE.as_micros()).unwrap();
    patient(
        async || DB::number(&site.others, oldest.into()).await > began + 2 * lease,
        || "the heartbeats of two leases".into(),
    )
    .await;
    assert_eq!(site.count("workers").await, 2);
    go.send(()).unwrap();
    site.until("effects", 0).await;
    assert_eq!(sink.all(), ["x"]);
    assert!(!site.heard.has("taken for dead"), "{:?}", site.heard.all());
    there.end.send(()).unwrap();
    there.thread.join().unwrap();
    judge.drain().await;
}

async fn a_lock_that_outlasts_the_lease_kills_no_worker<DB: Outbox>() {
    let site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let heard = Heard::default();
    let hearing = heard.clone();
    let elsewhere = site.elsewhere().await;
    let elsewhere = elsewhere.with_observer(move |event| hearing.hear(event));
    let one = quick(&site.db).start().await.unwrap();
    let other = quick(&elsewhere).start().await.unwrap();
    site.until("workers", 2).await;
    let (newest, oldest) = (
        "SELECT MAX(beat_at) FROM aftercommit_workers",
        "SELECT MIN(beat_at) FROM aftercommit_workers",
    );
    let lease = i64::try_from(LEASE.as_micros()).unwrap();
    for _ in 0..3 {
        // A writer that keeps both from writing: on SQLite any will do.
        let lock = "UPDATE aftercommit_workers SET name = 'locked'";
        let mut writer = site.others.acquire().await.unwrap();
        DB::run(&mut writer, "BEGIN").await;
        DB::run(&mut writer, lock).await;
        let last = DB::number(&site.others, newest.into()).await;
        patient(
            async || now() > last + 3 * lease,
            || "the end of the lease".into(),
        )
        .await;
        DB::run(&mut writer, "COMMIT").await;
        drop(writer);
        let released = now();
        patient(
            async || DB::number(&site.others, oldest.into()).await > released,
            || "heartbeats of both".into(),
        )
        .await;
        assert_eq!(site.count("workers").await, 2);
    }
    for heard in [&site.heard, &heard] {
        assert!(!heard.has("taken for dead"), "{:?}", heard.all());
    }
    one.drain().await;
    other.drain().await;
}

fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_micros()).unwrap()
}

async fn a_runtime_that_ends_takes_its_worker_along<DB: Outbox>() {
    let (sink, go) = (Sink::default(), Arc::new(Semaphore::new(0)));
    let signals = Signals::new().with(durable("note", when_told(&sink, &go)));
    let site = Site::<DB>::open().await.with_signals(signals.clone());
    site.db.migrate().await.unwrap();
    let there = in_a_process_of_one_thread(&site, signals);
    site.until("workers", 1).await;
    site.db.send(noted("x")).await.unwrap();
    sink.until(1).await;
    there.end.send(()).unwrap();
    there.thread.join().unwrap();
    // It leaves, as one that is drained does, and no attempt is used up.
    site.until("workers", 0).await;
    let untried =
        "SELECT (SELECT COUNT(*) FROM aftercommit_effects WHERE owner IS NULL AND failures = 0)
        + (SELECT COUNT(*) FROM aftercommit_waiting WHERE failures = 0)";
    assert_eq!(DB::number(&site.others, untried.into()).await, 1);
    go.add_permits(10);
    let running = quick(&site.db).start().await.unwrap();
    assert_eq!(sink.until(2).await, ["x", "x"]);
    site.until("effects", 0).await;
    running.drain().await;
}

async fn a_pool_that_is_closed_ends_its_worker<DB: Outbox>() {
    let sink = Sink::default();
    let (site, running) = site::<DB>(durable("note", into(&sink))).await;
    site.until("workers", 1).await;
    site.db.pool().close().await;
    site.until("workers", 0).await;
    assert_eq!(running.drain().await.delivered, 0);
}
