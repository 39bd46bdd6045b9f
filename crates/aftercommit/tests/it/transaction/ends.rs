//! How a block ends: committed, or rolled back, and never in silence.

use aftercommit::{Error, Ok, Result};
use futures_util::FutureExt;

use crate::support::{Server, Site};

on_each_database_and_the_pooler! {
    ok_commits_and_err_rolls_back,
    a_panic_rolls_back,
    no_rollback_is_silent,
}

async fn ok_commits_and_err_rolls_back<DB: Server>() {
    let site = Site::<DB>::open().await;
    let value = site
        .db
        .atomic(async |tx| DB::insert(tx, 1).await.map(|()| 42))
        .await
        .unwrap();
    assert_eq!(value, 42);
    let failed: Result<()> = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 2).await?;
            Err(Error::other("no"))
        })
        .await;
    assert_eq!(failed.unwrap_err().to_string(), "no");
    assert_eq!(site.ids().await, [1]);
    assert_eq!(
        site.heard.all(),
        [
            "begin",
            "commit",
            "committed",
            "begin",
            "rollback",
            "not committed: its own error"
        ]
    );
}

async fn a_panic_rolls_back<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    let block = site.db.atomic(async |tx| {
        DB::insert(tx, 1).await?;
        if true {
            panic!("as planned");
        }
        Ok(())
    });
    assert!(
        std::panic::AssertUnwindSafe(block)
            .catch_unwind()
            .await
            .is_err()
    );
    // The pool has one connection: this waits until it is clean.
    site.db
        .atomic(async |tx| DB::insert(tx, 2).await)
        .await
        .unwrap();
    assert_eq!(site.ids().await, [2]);
}

async fn no_rollback_is_silent<DB: Server>() {
    let site = Site::<DB>::open().await;
    let asked = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            tx.set_rollback(true)?;
            Ok(())
        })
        .await
        .unwrap_err();
    assert!(asked.is_rolled_back());
    assert!(
        asked.to_string().contains("ends.rs:"),
        "it names the place: {asked}"
    );

    site.db
        .atomic(async |tx| {
            let nested = tx
                .atomic(async |tx| {
                    DB::insert(tx, 2).await?;
                    tx.set_rollback(true)?;
                    assert!(tx.get_rollback());
                    assert!(DB::insert(tx, 3).await.unwrap_err().is_broken());
                    Ok(())
                })
                .await;
            assert!(nested.unwrap_err().is_rolled_back());
            assert!(!tx.get_rollback());
            DB::insert(tx, 4).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [4]);
}
