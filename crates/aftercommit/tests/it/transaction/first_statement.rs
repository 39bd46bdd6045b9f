//! A transaction is opened by its first statement, and a nested block by the first one inside it.

use aftercommit::{Db, Ok, Options, Result};
use futures_util::StreamExt;
use sqlx::{Executor, Sqlite};

use crate::cancel::polled;
use crate::support::{Labels, Server, Site};

on_each_database! {
    a_block_that_sends_nothing_takes_no_connection,
    a_first_statement_that_is_dropped_leaves_the_block_as_it_was,
    a_nested_block_that_was_forgotten_takes_its_hooks_along,
    nested_blocks_around_the_first_statement_are_undone_alone,
}

async fn a_block_that_sends_nothing_takes_no_connection<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    let only = site.db.pool().acquire().await.unwrap();
    let labels = Labels::default();
    site.db
        .atomic(async |tx| {
            tx.on_commit(labels.hook("kept"));
            let undone: Result<()> = tx
                .atomic(async |tx| {
                    tx.on_commit(labels.hook("undone"));
                    Err(aftercommit::Error::other("undone"))
                })
                .await;
            assert!(undone.is_err());
            tx.atomic(async |tx| {
                tx.on_commit(labels.hook("kept too"));
                Ok(())
            })
            .await
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["kept", "kept too"]);
    drop(only);
}

async fn a_first_statement_that_is_dropped_leaves_the_block_as_it_was<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    for polls in 1.. {
        let mut tx = site.db.begin().await.unwrap();
        let inserted = polled(polls, DB::insert(&mut tx, i64::try_from(polls).unwrap())).await;
        // It was not sent, or it goes on: either way the block can be used.
        let count = DB::count(&mut tx).await.unwrap();
        assert!(count <= 1, "{count}");
        tx.rollback().await;
        if inserted.is_some() {
            break;
        }
    }
    assert!(site.ids().await.is_empty());
}

async fn a_nested_block_that_was_forgotten_takes_its_hooks_along<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    site.db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            tx.on_commit(labels.hook("1"));
            std::mem::forget(tx.begin().await?);
            // This is inside the block that was never left, and undone with it.
            DB::insert(tx, 2).await?;
            tx.on_commit(labels.hook("2"));
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(
        (site.ids().await, labels.all()),
        (vec![1], vec!["1".to_owned()])
    );
}

async fn nested_blocks_around_the_first_statement_are_undone_alone<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            tx.atomic(async |tx| {
                let undone: Result<()> = tx
                    .atomic(async |tx| {
                        DB::insert(tx, 1).await?;
                        Err(aftercommit::Error::other("undone"))
                    })
                    .await;
                assert!(undone.is_err());
                DB::insert(tx, 2).await
            })
            .await?;
            // Fails, and is healed by its block.
            let failed = tx.atomic(async |tx| DB::insert(tx, 2).await).await;
            assert!(failed.is_err());
            DB::insert(tx, 3).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [2, 3]);
}

#[tokio::test]
async fn a_stream_that_is_left_early_is_not_read_to_its_end_only_on_sqlite() {
    const NUMBERS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let site = Site::<Sqlite>::open().await;
    site.db
        .atomic(async |tx| {
            // Without an end: read to it, nothing here would ever come back.
            let rows = (&mut *tx).fetch(NUMBERS).take(10).collect::<Vec<_>>().await;
            assert_eq!(rows.len(), 10);
            Sqlite::insert(tx, 1).await?;
            let inside = tx
                .atomic(async |tx| {
                    assert!((&mut *tx).fetch(NUMBERS).next().await.is_some());
                    Ok(())
                })
                .await;
            inside?;
            assert!((&mut *tx).fetch(NUMBERS).next().await.is_some());
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1]);
}

#[tokio::test]
async fn a_session_that_refuses_writes_goes_on_refusing_them_only_on_sqlite() {
    let site = Site::<Sqlite>::with_pool_of(1).await;
    let read = async |db: &Db<Sqlite>, commits: bool| {
        let options = Options::new().read_only();
        let block = db.with(options).atomic(async |tx| {
            Sqlite::count(tx).await?;
            if commits {
                Ok(())
            } else {
                Err(aftercommit::Error::other("rolled back"))
            }
        });
        assert_eq!(block.await.is_ok(), commits);
    };
    let refuses = async || -> i64 {
        let asked = sqlx::query_scalar("PRAGMA query_only");
        asked.fetch_one(site.db.pool()).await.unwrap()
    };
    for commits in [true, false] {
        read(&site.db, commits).await;
        assert_eq!(refuses().await, 0, "its own refusal ends with the block");
    }
    site.db
        .pool()
        .execute("PRAGMA query_only = ON")
        .await
        .unwrap();
    for commits in [true, false] {
        read(&site.db, commits).await;
        assert_eq!(refuses().await, 1, "the user's does not");
    }
}
