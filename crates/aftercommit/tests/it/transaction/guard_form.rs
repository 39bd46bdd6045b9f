//! Blocks without a closure.

use aftercommit::Ok;

use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    the_guard_form_commits,
    the_guard_form_rolls_back_when_dropped,
    the_nested_guard_is_undone_when_dropped,
    a_forgotten_nested_guard_is_undone_with_its_block,
}

async fn the_guard_form_commits<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    let mut tx = site.db.begin().await.unwrap();
    DB::insert(&mut tx, 1).await.unwrap();
    tx.on_commit(labels.hook("hook"));
    {
        let mut nested = tx.begin().await.unwrap();
        DB::insert(&mut nested, 2).await.unwrap();
        assert_eq!(nested.depth(), 1);
        nested.commit().await.unwrap();
    }
    let report = tx.commit_report().await.unwrap();
    assert_eq!(report.hooks.len(), 1);
    assert_eq!(labels.all(), ["hook"]);
    let tx = site.db.begin().await.unwrap();
    tx.rollback().await;
    assert_eq!(site.ids().await, [1, 2]);
}

async fn the_guard_form_rolls_back_when_dropped<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    let mut tx = site.db.begin().await.unwrap();
    DB::insert(&mut tx, 1).await.unwrap();
    drop(tx);
    site.db
        .atomic(async |tx| DB::insert(tx, 2).await)
        .await
        .unwrap();
    assert_eq!(site.ids().await, [2]);
}

async fn the_nested_guard_is_undone_when_dropped<DB: Server>() {
    let site = Site::<DB>::open().await;
    let mut tx = site.db.begin().await.unwrap();
    DB::insert(&mut tx, 1).await.unwrap();
    {
        let mut nested = tx.begin().await.unwrap();
        DB::insert(&mut nested, 2).await.unwrap();
    }
    let mut nested = tx.begin().await.unwrap();
    DB::insert(&mut nested, 3).await.unwrap();
    nested.rollback();
    DB::insert(&mut tx, 4).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(site.ids().await, [1, 4]);
}

async fn a_forgotten_nested_guard_is_undone_with_its_block<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            tx.atomic(async |tx| {
                DB::insert(tx, 2).await?;
                let mut forgotten = tx.begin().await?;
                DB::insert(&mut forgotten, 3).await?;
                std::mem::forget(forgotten);
                Ok(())
            })
            .await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1, 2]);
}
