//! Every public async function, dropped at every await point, and behind a slow network at every few milliseconds.
//!
//! The handle under test has a pool of one connection, so whatever a drop leaves behind is met by the next block.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aftercommit::signal::{during, with_state};
use aftercommit::testing::{capture_on_commit, rolled_back};
use aftercommit::{Db, Error, Ok, Options, Result, Signals, Tx};
use aftercommit_harness::Proxy;
use tokio::sync::Notify;

use crate::support::{Labels, Server, Site, long};

on_each_database! {
    dropped_at_every_await_point_nothing_is_half_done,
    dropped_behind_a_slow_network_nothing_is_half_done,
    a_nested_block_dropped_at_every_await_point_is_undone_alone,
    a_statement_dropped_at_every_await_point_confuses_no_other,
    a_caller_who_leaves_during_commit_gets_his_hooks,
    a_block_whose_runtime_ends_leaves_no_transaction_open,
}

struct Saved(i64);

async fn insert_saved<DB: Server>(tx: &mut Tx<DB>, saved: &Saved) -> Result<()> {
    DB::insert(tx, saved.0).await
}

struct Robust(i64);

async fn insert_robust<DB: Server>(
    labels: &Labels,
    tx: &mut Tx<DB>,
    robust: &Robust,
) -> Result<()> {
    tx.on_commit(labels.hook(&robust.0.to_string()));
    DB::insert(tx, robust.0).await
}

/// Ways to write row `id` and to note `id` in a hook, through each public async function.
const WAYS: usize = 12;

async fn write<DB: Server>(way: usize, db: &Db<DB>, labels: &Labels, id: i64) -> Result<()> {
    let hook = labels.hook(&id.to_string());
    match way {
        0 => {
            db.atomic(async |tx| {
                tx.on_commit(hook);
                DB::insert(tx, id).await
            })
            .await
        }
        1 => {
            let mut tx = db.begin().await?;
            tx.on_commit(hook);
            DB::insert(&mut tx, id).await?;
            tx.commit().await
        }
        2 => {
            db.retry(2)
                .atomic(async |tx| {
                    tx.on_commit(labels.hook(&id.to_string()));
                    DB::insert(tx, id).await
                })
                .await
        }
        3 => {
            db.atomic(async |tx| {
                tx.atomic(async |tx| {
                    tx.on_commit(hook);
                    DB::insert(tx, id).await
                })
                .await
            })
            .await
        }
        4 => db.send(Saved(id)).await,
        5 => {
            db.atomic(async |tx| tx.send_robust(Saved(id)).await.map(drop))
                .await
        }
        6 => db
            .atomic_report(async |tx| {
                let undone: Result<()> = tx
                    .atomic(async |tx| {
                        tx.on_commit(labels.hook("never"));
                        DB::insert(tx, -id).await?;
                        Err(Error::other("no"))
                    })
                    .await;
                assert!(undone.is_err());
                tx.on_commit(hook);
                tx.join(async |tx| DB::insert(tx, id).await).await
            })
            .await
            .map(|report| report.value),
        7 => {
            let mut tx = db.begin().await?;
            tx.on_commit(labels.hook("never"));
            DB::insert(&mut tx, -id).await?;
            tx.rollback().await;
            Ok(())
        }
        8 => {
            let mut tx = db.begin().await?;
            let mut nested = tx.begin().await?;
            nested.on_commit(hook);
            DB::insert(&mut nested, id).await?;
            nested.commit().await?;
            tx.commit_report().await.map(drop)
        }
        9 => {
            let count = db
                .with(Options::new().read_only())
                .atomic(async |tx| DB::count(tx).await)
                .await;
            db.migrate().await?;
            rolled_back(&mut db.clone(), async |tx| DB::insert(tx, -id).await).await?;
            // Each receiver has a transaction of its own, so the row and its hook come from one receiver.
            db.send_robust(Robust(id)).await?;
            count.map(drop)
        }
        10 => {
            db.with(Options::new().durable())
                .atomic(async |tx| {
                    let (result, captured) = capture_on_commit(tx, async |tx| {
                        tx.on_commit(hook);
                        tx.muted("insert", async |tx| {
                            tx.atomic_with(Options::new(), async |tx| DB::insert(tx, id).await)
                                .await
                        })
                        .await
                    })
                    .await;
                    captured.put_back(tx);
                    result
                })
                .await
        }
        _ => {
            // Without a transaction: once polled, the hook runs to its end.
            db.on_commit(labels.hook("now")).await
        }
    }
}

fn signals<DB: Server>(labels: &Labels) -> Signals<DB> {
    let labels = labels.clone();
    let robust = during("insert", with_state(labels.clone(), insert_robust::<DB>));
    Signals::new()
        .with(robust)
        .with(during("insert", insert_saved::<DB>))
        .after_commit("note", move |saved: Arc<Saved>| {
            labels.note(saved.0.to_string());
            std::future::ready(())
        })
}

/// Polls a future so many times, then drops it. `None` if it was dropped.
pub async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    std::future::poll_fn(move |context| {
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        left -= 1;
        if left == 0 {
            Poll::Ready(None)
        } else {
            Poll::Pending
        }
    })
    .await
}

/// What must be true after each drop, and of all of them together.
struct Judge<'s, DB: Server> {
    site: &'s Site<DB>,
    labels: Labels,
    acknowledged: Vec<i64>,
    next: i64,
    drops: usize,
}

impl<'s, DB: Server> Judge<'s, DB> {
    fn new(site: &'s Site<DB>, labels: Labels) -> Self {
        Self {
            site,
            labels,
            acknowledged: Vec::new(),
            next: 1,
            drops: 0,
        }
    }

    fn id(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    /// The pool's only connection is used again: a write on it must be there for everybody.
    async fn use_the_pool(&mut self) {
        let id = self.id();
        let labels = self.labels.clone();
        self.site
            .db
            .atomic(async |tx| {
                tx.on_commit(labels.hook(&id.to_string()));
                DB::insert(tx, id).await
            })
            .await
            .unwrap();
        self.acknowledged.push(id);
        assert!(
            self.site.ids().await.contains(&id),
            "an acknowledged write cannot be seen: it went into a leaked transaction"
        );
    }

    /// Rows and hooks tell the same story.
    async fn conclude(mut self) -> usize {
        self.use_the_pool().await;
        let rows = self.site.ids().await;
        assert!(
            rows.iter().all(|id| *id > 0),
            "a row that was rolled back is there: {rows:?}"
        );
        for id in &self.acknowledged {
            assert!(rows.contains(id), "write {id} was acknowledged and is lost");
        }
        // Hooks of the last drops may still be running: their labels are waited for.
        let expected: Vec<String> = rows.iter().map(i64::to_string).collect();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        let hooks = loop {
            let mut hooks: Vec<i64> = self
                .labels
                .all()
                .iter()
                .filter_map(|label| label.parse().ok())
                .collect();
            hooks.sort_unstable();
            if hooks.len() >= expected.len() || std::time::Instant::now() > deadline {
                break hooks;
            }
            tokio::task::yield_now().await;
        };
        let hookless: Vec<_> = rows.iter().filter(|id| !hooks.contains(id)).collect();
        let phantom: Vec<_> = hooks.iter().filter(|id| !rows.contains(id)).collect();
        assert!(
            hookless.is_empty(),
            "committed without a hook: {hookless:?}"
        );
        assert!(phantom.is_empty(), "hooks without a commit: {phantom:?}");
        assert_eq!(hooks.len(), rows.len(), "a hook ran twice");
        assert!(
            !self.labels.all().contains(&"never".to_owned()),
            "a hook of an undone block ran"
        );
        let open = DB::open_transactions(&self.site.others).await;
        assert_eq!(open, 0, "a transaction was left open");
        self.drops
    }
}

async fn dropped_at_every_await_point_nothing_is_half_done<DB: Server>() {
    let labels = Labels::default();
    let site = Site::<DB>::with_pool_of(1)
        .await
        .with_signals(signals(&labels));
    let mut judge = Judge::new(&site, labels.clone());
    let least = if long() { 6_500 } else { 650 };
    while judge.drops < least {
        for way in 0..WAYS {
            for polls in 1.. {
                let id = judge.id();
                match polled(polls, write(way, &site.db, &labels, id)).await {
                    Some(done) => {
                        done.unwrap();
                        // The ways that only read or roll back acknowledge no row.
                        if !matches!(way, 7 | 11) {
                            judge.acknowledged.push(id);
                        }
                        break;
                    }
                    None => judge.drops += 1,
                }
                judge.use_the_pool().await;
            }
        }
    }
    let drops = judge.conclude().await;
    println!("{} drops at await points on {}", drops, DB::NAME);
}

async fn dropped_behind_a_slow_network_nothing_is_half_done<DB: Server>() {
    let labels = Labels::default();
    let mut site = Site::<DB>::with_pool_of(1)
        .await
        .with_signals(signals(&labels));
    let proxy = slow(&mut site, Duration::from_millis(10)).await;
    let mut judge = Judge::new(&site, labels.clone());
    let step = if long() { 1 } else { 8 };
    for way in 0..WAYS {
        for milliseconds in (0..=80).step_by(step) {
            let id = judge.id();
            // The time is the fault here, not a wait for something.
            let dropped = tokio::time::timeout(
                Duration::from_millis(milliseconds),
                write(way, &site.db, &labels, id),
            );
            match dropped.await {
                Result::Ok(done) => {
                    done.unwrap();
                    if !matches!(way, 7 | 11) {
                        judge.acknowledged.push(id);
                    }
                }
                Err(_) => judge.drops += 1,
            }
            judge.use_the_pool().await;
        }
    }
    if let Some(proxy) = &proxy {
        proxy.set_delay(Duration::ZERO);
    }
    let drops = judge.conclude().await;
    println!("{} drops behind a slow network on {}", drops, DB::NAME);
}

/// Puts a proxy between the handle and its server. A database in a file has no network.
async fn slow<DB: Server>(site: &mut Site<DB>, delay: Duration) -> Option<Proxy> {
    let port = DB::port(&site.options)?;
    let proxy = Proxy::start(port).await.unwrap();
    let options = DB::through(site.options.clone(), proxy.port());
    let pool = sqlx::pool::PoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .unwrap();
    site.replace_pool(pool);
    proxy.set_delay(delay);
    Some(proxy)
}

async fn a_nested_block_dropped_at_every_await_point_is_undone_alone<DB: Server>() {
    let labels = Labels::default();
    let site = Site::<DB>::with_pool_of(1)
        .await
        .with_signals(signals(&labels));
    let mut expected = Vec::new();
    let mut drops = 0;
    let mut id = 0;
    let least = if long() { 600 } else { 60 };
    while drops < least {
        for way in 0..4 {
            for polls in 1.. {
                id += 10;
                let mut tx = site.db.begin().await.unwrap();
                DB::insert(&mut tx, id).await.unwrap();
                let nested = async |tx: &mut Tx<DB>| {
                    tx.on_commit(labels.hook(&(id + 1).to_string()));
                    DB::insert(tx, id + 1).await
                };
                let done = match way {
                    0 => polled(polls, tx.atomic(nested)).await,
                    1 => {
                        let deeper = tx.atomic(async |tx| tx.atomic(nested).await);
                        polled(polls, deeper).await
                    }
                    2 => {
                        let by_hand = async {
                            let mut block = tx.begin().await?;
                            nested(&mut block).await?;
                            block.commit().await
                        };
                        polled(polls, by_hand).await
                    }
                    _ => {
                        polled(polls, async {
                            tx.send_robust(Saved(id + 1)).await.map(drop)
                        })
                        .await
                    }
                };
                // The outer block is as healthy as before.
                DB::insert(&mut tx, id + 2).await.unwrap();
                tx.commit().await.unwrap();
                expected.push(id);
                let whole = done.is_some();
                if let Some(done) = done {
                    done.unwrap();
                    expected.push(id + 1);
                }
                expected.push(id + 2);
                if whole {
                    break;
                }
                drops += 1;
            }
        }
    }
    println!("{drops} drops of a nested block on {}", DB::NAME);
    assert_eq!(site.ids().await, expected);
    let hooks = expected
        .iter()
        .filter(|id| **id % 10 == 1)
        .map(i64::to_string)
        .collect::<Vec<_>>();
    assert_eq!(labels.all(), hooks);
}

async fn a_statement_dropped_at_every_await_point_confuses_no_other<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    let mut id = 0;
    for _ in 0..(if long() { 200 } else { 20 }) {
        for polls in 1.. {
            id += 10;
            let mut tx = site.db.begin().await.unwrap();
            let first = polled(polls, DB::insert(&mut tx, id)).await;
            // A statement that was cut while it was being prepared must not leave its answer to this one.
            assert!(DB::count(&mut tx).await.unwrap() <= id);
            DB::insert(&mut tx, id + 1).await.unwrap();
            tx.commit().await.unwrap();
            assert!(site.ids().await.contains(&(id + 1)));
            if first.is_some() {
                break;
            }
            // The next round prepares anew.
            site.db
                .pool()
                .acquire()
                .await
                .unwrap()
                .close()
                .await
                .unwrap();
        }
    }
}

async fn a_caller_who_leaves_during_commit_gets_his_hooks<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    let [started, go, ended] = [(); 3].map(|()| Arc::new(Notify::new()));
    for polls in 1..=4 {
        let mut tx = site.db.begin().await.unwrap();
        DB::insert(&mut tx, polls).await.unwrap();
        let (starting, going, ending) = (started.clone(), go.clone(), ended.clone());
        tx.on_commit(async move || {
            starting.notify_one();
            going.notified().await;
            ending.notify_one();
        });
        // The caller leaves after so many polls, or when the hook is under way: it cannot have ended by then.
        tokio::select! {
            biased;
            done = polled(usize::try_from(polls).unwrap(), tx.commit()) => assert!(done.is_none()),
            () = started.notified() => started.notify_one(),
        }
        started.notified().await;
        assert!(site.ids().await.contains(&polls));
        go.notify_one();
        ended.notified().await;
    }

    // A caller who panics in the middle of it leaves too.
    let mut tx = site.db.begin().await.unwrap();
    DB::insert(&mut tx, 100).await.unwrap();
    let (starting, going, ending) = (started.clone(), go.clone(), ended.clone());
    tx.on_commit(async move || {
        starting.notify_one();
        going.notified().await;
        ending.notify_one();
    });
    let caller = tokio::spawn(async move {
        let panics = async {
            started.notified().await;
            panic!("as planned")
        };
        tokio::join!(tx.commit(), panics)
    });
    assert!(caller.await.unwrap_err().is_panic());
    go.notify_one();
    ended.notified().await;
    assert!(site.ids().await.contains(&100));
}

async fn a_block_whose_runtime_ends_leaves_no_transaction_open<DB: Server>() {
    let site = Site::<DB>::open().await;
    let options = site.options.clone();
    // A runtime of its own dies with an open block in it.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let pool = sqlx::pool::PoolOptions::<DB>::new()
                .max_connections(1)
                .connect_with(options)
                .await
                .unwrap();
            let db = Db::new(pool);
            let (inside, entered) = tokio::sync::oneshot::channel();
            tokio::spawn(async move {
                let block: Result<()> = db
                    .atomic(async |tx| {
                        DB::insert(tx, 1).await?;
                        inside.send(()).unwrap();
                        std::future::pending().await
                    })
                    .await;
                block
            });
            entered.await.unwrap();
        });
        runtime.shutdown_timeout(Duration::from_secs(5));
    })
    .join()
    .unwrap();
    // The server notices the closed connection; then the row is free to be written by somebody else.
    site.db
        .atomic(async |tx| DB::insert(tx, 1).await)
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1]);
}
