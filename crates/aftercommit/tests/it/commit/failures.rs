//! Hooks that fail harm nobody.

use super::planned_panic;
use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    a_failing_hook_stops_nothing,
    a_report_names_the_hooks,
    a_failed_hook_leaves_the_next_transaction_clean,
    an_observer_that_panics_does_no_harm,
}

async fn a_failing_hook_stops_nothing<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    let value = site
        .db
        .atomic(async |tx| {
            tx.on_commit_named("fails", async || Err::<(), _>("the mailbox is full"));
            tx.on_commit_named("panics", planned_panic);
            tx.on_commit_named("panics at once", || -> std::future::Ready<()> {
                panic!("as planned")
            });
            tx.on_commit(labels.hook("last"));
            DB::insert(tx, 1).await.map(|()| "value")
        })
        .await;
    assert_eq!(
        value.unwrap(),
        "value",
        "the block is committed, whatever its hooks do"
    );
    assert_eq!(labels.all(), ["last"]);
    assert_eq!(site.ids().await, [1]);
    for name in ["fails", "panics", "panics at once"] {
        assert!(
            site.heard.has(&format!("failed hook {name}")),
            "{:?}",
            site.heard.all()
        );
    }
}

async fn a_report_names_the_hooks<DB: Server>() {
    let site = Site::<DB>::open().await;
    let report = site
        .db
        .atomic_report(async |tx| {
            tx.on_commit_named("welcome", async || Err::<(), _>("no such mailbox"));
            tx.on_commit(async || ());
            tx.on_commit_named("panics", planned_panic);
            DB::insert(tx, 1).await
        })
        .await
        .unwrap();
    assert_eq!(report.hooks.len(), 3);
    assert!(
        report
            .hooks
            .iter()
            .all(|hook| hook.place.file().ends_with("failures.rs"))
    );
    let failures: Vec<_> = report
        .failures()
        .map(|hook| hook.name.as_deref().unwrap())
        .collect();
    assert_eq!(failures, ["welcome", "panics"]);
    assert_eq!(
        report.hooks[0].result.as_ref().unwrap_err().to_string(),
        "no such mailbox"
    );
    let panicked = report.hooks[2].result.as_ref().unwrap_err();
    assert_eq!(
        panicked.to_string(),
        "PANICKED: hook \"panics\" panicked: as planned"
    );
}

async fn a_failed_hook_leaves_the_next_transaction_clean<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    for id in 0..3 {
        site.db
            .atomic(async |tx| {
                tx.on_commit(planned_panic);
                DB::insert(tx, id).await
            })
            .await
            .unwrap();
    }
    let failed = site
        .heard
        .all()
        .iter()
        .filter(|heard| heard.starts_with("failed hook"))
        .count();
    assert_eq!(failed, 3);
    assert_eq!(site.ids().await, [0, 1, 2]);
}

async fn an_observer_that_panics_does_no_harm<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    let db = site.db.clone().with_observer(|_event| panic!("as planned"));
    db.atomic(async |tx| {
        tx.on_commit(labels.hook("hook"));
        DB::insert(tx, 1).await
    })
    .await
    .unwrap();
    assert_eq!(labels.all(), ["hook"]);
}
