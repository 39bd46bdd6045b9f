//! Two processes whose handlers take 25 s in a transaction and use every connection they may: is a living worker taken for dead,
//! and how long do requests of the same process wait for a connection?
//!
//! `crowded <database url> <seconds>` runs the two with all defaults and prints what each saw. It also runs two that hold as many
//! transactions without a worker (`without`), for comparison.
#![expect(clippy::print_stdout, reason = "it prints what it has measured")]

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aftercommit::effect::durable;
use aftercommit::{BoxError, Db, Dialect, Event, Result, Signals, Tx, Worker};
use futures_core::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sqlx::{MySql, Postgres, Sqlite};

/// How long a handler takes: longer than a lease.
const TAKES: Duration = Duration::from_secs(25);

/// Effects of each of the two receivers: more than can be delivered.
const EFFECTS: u64 = 400;

#[derive(Clone, Serialize, Deserialize)]
struct Slow(u64);

#[derive(Serialize, Deserialize)]
struct SlowToo(u64);

trait Ask: Dialect {
    fn in_transaction(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<()>>;
    fn on(conn: &mut Self::Connection) -> BoxFuture<'_, Result<()>>;
}

macro_rules! asks {
    ($($database:ty),*) => {$(
        impl Ask for $database {
            fn in_transaction(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<()>> {
                Box::pin(async move {
                    sqlx::query("SELECT 1").execute(&mut *tx).await?;
                    Ok(())
                })
            }

            fn on(conn: &mut Self::Connection) -> BoxFuture<'_, Result<()>> {
                Box::pin(async move {
                    sqlx::query("SELECT 1").execute(conn).await?;
                    Ok(())
                })
            }
        }
    )*};
}

asks!(Postgres, MySql, Sqlite);

async fn slow<DB: Ask>(tx: &mut Tx<DB>, _: &Slow) -> Result<()> {
    DB::in_transaction(tx).await?;
    tokio::time::sleep(TAKES).await;
    Ok(())
}

async fn slow_too<DB: Ask>(tx: &mut Tx<DB>, _: &SlowToo) -> Result<()> {
    slow(tx, &Slow(0)).await
}

fn signals<DB: Ask>() -> Signals<DB> {
    Signals::new()
        .with(durable("slow", slow::<DB>))
        .with(durable("slow_too", slow_too::<DB>))
}

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (role, url, seconds) = match arguments.as_slice() {
        [url, seconds] => ("parent", url, seconds),
        [role, url, seconds] => (role.as_str(), url, seconds),
        _ => return Err("usage: crowded DATABASE_URL SECONDS".into()),
    };
    let time = Duration::from_secs(seconds.parse()?);
    match url.split(':').next() {
        Some("postgres" | "postgresql") => run::<Postgres>(role, url, time).await,
        Some("mysql" | "mariadb") => run::<MySql>(role, url, time).await,
        _ => run::<Sqlite>(role, url, time).await,
    }
}

async fn run<DB: Ask>(role: &str, url: &str, time: Duration) -> Result<ExitCode, BoxError> {
    if role != "parent" {
        return process::<DB>(role == "with", url, time).await;
    }
    let db = Db::<DB>::connect(url).await?.with_signals(signals());
    db.migrate().await?;
    for number in 0..EFFECTS {
        db.send(Slow(number)).await?;
        db.send(SlowToo(number)).await?;
    }
    db.pool().close().await;
    // The comparison needs no more than a few handlers.
    for (role, time) in [("without", time.min(TAKES * 3)), ("with", time)] {
        let start = || {
            let seconds = time.as_secs().to_string();
            Command::new(std::env::current_exe()?)
                .args([role, url, &seconds])
                .spawn()
        };
        let mut ended = true;
        for mut process in [start()?, start()?] {
            ended &= process.wait()?.success();
        }
        if !ended {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a process saw of its worker.
#[derive(Debug, Default)]
struct Seen {
    taken_for_dead: AtomicU64,
    lost: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
    trouble: AtomicU64,
}

impl Seen {
    fn hear(&self, event: &Event<'_>) {
        let counter = match event {
            Event::WorkerTakenForDead => &self.taken_for_dead,
            Event::LeasesLost { .. } => &self.lost,
            Event::Attempted {
                outcome: "lost", ..
            } => &self.lost,
            Event::Attempted {
                outcome: "done", ..
            } => &self.delivered,
            Event::Attempted { .. } => &self.failed,
            Event::WorkerTrouble { .. } => &self.trouble,
            _ => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

async fn process<DB: Ask>(worker: bool, url: &str, time: Duration) -> Result<ExitCode, BoxError> {
    let seen = Arc::new(Seen::default());
    let hearing = Arc::clone(&seen);
    let db = Db::<DB>::connect(url)
        .await?
        .with_signals(signals())
        .with_observer(move |event| hearing.hear(event));
    let until = Instant::now() + time;
    let requests = [0, 1].map(|_| tokio::spawn(requests(db.clone(), until)));
    if worker {
        let running = Worker::new(&db).start().await?;
        tokio::time::sleep(time).await;
        // Not drained: what the handlers run into by being cut off is no part of the measurement.
        std::mem::forget(running);
    } else {
        for _ in 0..db.pool().options().get_max_connections() - 2 {
            tokio::spawn(transactions(db.clone()));
        }
        tokio::time::sleep(time).await;
    }
    let mut waits = Vec::new();
    for request in requests {
        waits.extend(request.await?);
    }
    waits.sort_unstable();
    let at = |share: usize| waits.get(waits.len() * share / 1000).copied();
    let role = if worker { "worker" } else { "no worker" };
    println!(
        "{} {role}: {seen:?}, {} requests waited {:?} (median), {:?} (99 %), {:?} (longest)",
        DB::NAME,
        waits.len(),
        at(500).unwrap_or_default(),
        at(990).unwrap_or_default(),
        waits.last().copied().unwrap_or_default(),
    );
    let alive = seen.taken_for_dead.load(Ordering::Relaxed) == 0;
    std::process::exit(i32::from(!alive));
}

/// How long requests waited for a connection, each of which asks one thing.
async fn requests<DB: Ask>(db: Db<DB>, until: Instant) -> Vec<Duration> {
    let mut waits = Vec::new();
    while Instant::now() < until {
        let began = Instant::now();
        if let Ok(mut conn) = db.pool().acquire().await {
            waits.push(began.elapsed());
            let _: Result<_, _> = DB::on(&mut conn).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    waits
}

/// As many transactions as handlers of a worker would have open.
async fn transactions<DB: Ask>(db: Db<DB>) {
    loop {
        let block = db.atomic(async |tx| slow(tx, &Slow(0)).await);
        let _: Result<_, _> = block.await;
    }
}
