//! What is around a hook: committed data, transactions of its own, or no transaction at all.

use aftercommit::{Error, Ok, Result};

use super::planned_panic;
use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    a_hook_sees_committed_data,
    a_hook_may_open_a_transaction,
    a_hook_registered_by_a_hook_runs_at_once,
    without_a_transaction_a_hook_runs_now,
    a_strict_handle_insists_on_a_transaction,
}

async fn a_hook_sees_committed_data<DB: Server>() {
    let site = Site::<DB>::open().await;
    let (others, labels) = (site.others.clone(), Labels::default());
    let noting = labels.clone();
    site.db
        .atomic(async |tx| {
            tx.on_commit(async move || noting.note(format!("{:?}", DB::ids(&others).await)));
            DB::insert(tx, 7).await
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["[7]"]);
}

async fn a_hook_may_open_a_transaction<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    let (db, inner) = (site.db.clone(), labels.clone());
    site.db
        .atomic(async |tx| {
            tx.on_commit(async move || {
                db.atomic(async |tx| {
                    tx.on_commit(inner.hook("hook of the inner transaction"));
                    DB::insert(tx, 1).await
                })
                .await?;
                // A rollback of it drops its own hooks only.
                let undone: Result<()> = db
                    .atomic(async |tx| {
                        tx.on_commit(inner.hook("never"));
                        Err(Error::other("no"))
                    })
                    .await;
                assert!(undone.is_err());
                Ok(())
            });
            tx.on_commit(labels.hook("second"));
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["hook of the inner transaction", "second"]);
    assert_eq!(site.ids().await, [1]);
}

async fn a_hook_registered_by_a_hook_runs_at_once<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    let (db, noting) = (site.db.clone(), labels.clone());
    site.db
        .atomic(async |tx| {
            tx.on_commit(async move || {
                noting.note("1");
                db.on_commit(noting.hook("1.1")).await
            });
            tx.on_commit(labels.hook("2"));
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["1", "1.1", "2"]);
}

async fn without_a_transaction_a_hook_runs_now<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    site.db.on_commit(labels.hook("now")).await.unwrap();
    assert_eq!(labels.all(), ["now"]);
    let failed = site
        .db
        .on_commit(async || Err::<(), _>("no"))
        .await
        .unwrap_err();
    assert_eq!(failed.to_string(), "no");
    let panicked = site.db.on_commit(planned_panic).await.unwrap_err();
    assert_eq!(panicked.code(), Some("PANICKED"));
}

async fn a_strict_handle_insists_on_a_transaction<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    let refused = site
        .db
        .clone()
        .strict()
        .on_commit(labels.hook("now"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("NO_TRANSACTION"));
    assert!(
        refused.to_string().contains("surroundings.rs:"),
        "{refused}"
    );
    assert!(labels.all().is_empty());
}
