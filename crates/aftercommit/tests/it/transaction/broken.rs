//! A statement failed: what it breaks, and what heals it.

use aftercommit::Ok;

use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    a_swallowed_error_breaks_the_block,
    a_nested_block_heals_the_block_around_it,
    a_nested_block_that_swallows_an_error_is_undone_and_says_so,
    set_rollback_can_be_taken_back_unless_a_statement_failed,
}

async fn a_swallowed_error_breaks_the_block<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    let broken = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            tx.on_commit(labels.hook("hook"));
            let first = DB::insert(tx, 1).await.unwrap_err();
            assert!(
                first.as_database().is_some(),
                "the error itself is the database's: {first}"
            );
            // Later statements are refused before they are sent, and name the first failure.
            let later = DB::insert(tx, 2).await.unwrap_err();
            assert!(later.is_broken());
            assert_eq!(later.code(), Some("TX_ABORTED"));
            assert!(later.to_string().contains("nested `atomic`"), "{later}");
            Ok(())
        })
        .await
        .unwrap_err();
    assert!(broken.is_broken());
    assert!(site.ids().await.is_empty());
    assert!(labels.all().is_empty(), "a hook ran for nothing");
}

async fn a_nested_block_heals_the_block_around_it<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            assert!(tx.atomic(async |tx| DB::insert(tx, 1).await).await.is_err());
            DB::insert(tx, 2).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1, 2]);
}

async fn a_nested_block_that_swallows_an_error_is_undone_and_says_so<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            let nested = tx
                .atomic(async |tx| {
                    DB::insert(tx, 2).await?;
                    assert!(DB::insert(tx, 1).await.is_err());
                    Ok(())
                })
                .await;
            assert!(nested.unwrap_err().is_broken());
            DB::insert(tx, 3).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1, 3]);
}

async fn set_rollback_can_be_taken_back_unless_a_statement_failed<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            tx.set_rollback(true)?;
            tx.set_rollback(false)?;
            DB::insert(tx, 1).await
        })
        .await
        .unwrap();
    let broken = site
        .db
        .atomic(async |tx| {
            assert!(DB::insert(tx, 1).await.is_err());
            assert!(tx.set_rollback(false).unwrap_err().is_broken());
            Ok(())
        })
        .await;
    assert!(broken.unwrap_err().is_broken());
    assert_eq!(site.ids().await, [1]);
}
