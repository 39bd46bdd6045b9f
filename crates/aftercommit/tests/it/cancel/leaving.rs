//! The caller leaves while it is committed; the runtime ends with an open block in it.

use std::sync::Arc;
use std::time::Duration;

use aftercommit::{Db, Result};
use tokio::sync::Notify;

use super::polled;
use crate::support::{Server, Site};

on_each_database! {
    a_caller_who_leaves_during_commit_gets_his_hooks,
    a_block_whose_runtime_ends_leaves_no_transaction_open,
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
