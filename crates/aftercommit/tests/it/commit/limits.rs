//! Too slow, too long, too many.

use std::sync::Arc;
use std::time::Duration;

use aftercommit::Event;
use tokio::sync::Notify;

use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    a_slow_hook_is_warned_about,
    a_long_transaction_is_warned_about_with_its_place,
    too_many_hooks_are_refused_before_the_commit,
}

async fn a_slow_hook_is_warned_about<DB: Server>() {
    let site = Site::<DB>::open().await;
    // The hook goes on when its warning was heard, and not before.
    let warned = Arc::new(Notify::new());
    let warning = Arc::clone(&warned);
    let db = site
        .db
        .clone()
        .with_hook_budget(Duration::from_millis(1))
        .with_observer(move |event| {
            if matches!(
                event,
                Event::HookSlow {
                    name: Some("slow"),
                    ..
                }
            ) {
                warning.notify_one();
            }
        });
    let report = db
        .atomic_report(async |tx| {
            tx.on_commit_named("slow", async move || warned.notified().await);
            DB::insert(tx, 1).await
        })
        .await
        .unwrap();
    assert!(report.hooks[0].result.is_ok());
    assert!(report.hooks[0].took >= Duration::from_millis(1));
}

async fn a_long_transaction_is_warned_about_with_its_place<DB: Server>() {
    let site = Site::<DB>::open().await;
    let (labels, noting) = (Labels::default(), Labels::default());
    let hearing = noting.clone();
    let db = site
        .db
        .clone()
        .with_long_transaction(Duration::ZERO)
        .with_observer(move |event| {
            if let Event::LongTransaction { place, .. } = event {
                hearing.note(place.file());
            }
        });
    db.atomic(async |tx| {
        tx.on_commit(labels.hook("hook"));
        DB::insert(tx, 1).await?;
        DB::insert(tx, 2).await
    })
    .await
    .unwrap();
    let warned = noting.all();
    assert!(
        warned.len() == 1 && warned[0].ends_with("limits.rs"),
        "once, with the place: {warned:?}"
    );
}

async fn too_many_hooks_are_refused_before_the_commit<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    let db = site.db.clone().with_hook_limit(3);
    let refused = db
        .atomic(async |tx| {
            for _ in 0..4 {
                tx.on_commit(labels.hook("hook"));
            }
            DB::insert(tx, 1).await
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("TOO_MANY_HOOKS"));
    assert!(labels.all().is_empty());
    assert!(site.ids().await.is_empty());
}
