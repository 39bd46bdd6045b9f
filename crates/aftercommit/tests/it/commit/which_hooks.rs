//! Which hooks run, how often, and in which order.

use aftercommit::testing::{capture_on_commit, rolled_back};
use aftercommit::{Error, Ok, Result};

use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    hooks_run_in_the_order_of_registration,
    a_hook_dies_with_its_savepoint,
    hooks_of_a_transaction_that_failed_never_run,
    a_constraint_that_fails_at_commit_runs_no_hook,
    ten_thousand_hooks_run_once_each,
    captured_hooks_can_be_looked_at_run_and_put_back,
}

async fn hooks_run_in_the_order_of_registration<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    site.db
        .atomic(async |tx| {
            tx.on_commit(labels.hook("1"));
            tx.atomic(async |tx| {
                tx.on_commit(labels.hook("2"));
                tx.join(async |tx| {
                    tx.on_commit(labels.hook("3"));
                    Ok(())
                })
                .await
            })
            .await?;
            tx.on_commit(labels.hook("4"));
            DB::insert(tx, 1).await?;
            assert!(labels.all().is_empty(), "none before the commit");
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["1", "2", "3", "4"]);
}

async fn a_hook_dies_with_its_savepoint<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    site.db
        .atomic(async |tx| {
            tx.on_commit(labels.hook("before"));
            let undone: Result<()> = tx
                .atomic(async |tx| {
                    tx.on_commit(labels.hook("middle"));
                    tx.atomic(async |tx| {
                        tx.on_commit(labels.hook("released inside"));
                        DB::insert(tx, 1).await
                    })
                    .await?;
                    Err(Error::other("no"))
                })
                .await;
            assert!(undone.is_err());
            tx.on_commit(labels.hook("after"));
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["before", "after"]);
}

async fn hooks_of_a_transaction_that_failed_never_run<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    let failed: Result<()> = site
        .db
        .atomic(async |tx| {
            tx.atomic(async |tx| {
                tx.on_commit(labels.hook("inner"));
                Ok(())
            })
            .await?;
            Err(Error::other("no"))
        })
        .await;
    assert!(failed.is_err());
    site.db
        .atomic(async |tx| DB::insert(tx, 1).await)
        .await
        .unwrap();
    assert!(
        labels.all().is_empty(),
        "nothing is left over for the next transaction"
    );
}

async fn a_constraint_that_fails_at_commit_runs_no_hook<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    let labels = Labels::default();
    let failed = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            tx.on_commit(labels.hook("hook"));
            DB::insert_orphan(tx, 1).await
        })
        .await
        .unwrap_err();
    let violation = failed
        .as_database()
        .and_then(|error| error.as_database_error())
        .unwrap();
    assert!(violation.is_foreign_key_violation(), "{failed}");
    if DB::DEFERS {
        assert!(
            site.heard.has("commit"),
            "it was COMMIT that failed: {:?}",
            site.heard.all()
        );
    }
    assert!(labels.all().is_empty());
    site.db
        .atomic(async |tx| DB::insert(tx, 2).await)
        .await
        .unwrap();
    assert_eq!(site.ids().await, [2]);
}

async fn ten_thousand_hooks_run_once_each<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    site.db
        .atomic(async |tx| {
            for i in 0..10_000 {
                tx.on_commit(labels.hook(&i.to_string()));
            }
            let undone: Result<()> = tx
                .atomic(async |tx| {
                    for _ in 0..10_000 {
                        tx.on_commit(labels.hook("never"));
                    }
                    Err(Error::other("no"))
                })
                .await;
            assert!(undone.is_err());
            assert_eq!(tx.pending_hooks(), 10_000);
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(
        labels.all(),
        (0..10_000).map(|i| i.to_string()).collect::<Vec<_>>()
    );
}

async fn captured_hooks_can_be_looked_at_run_and_put_back<DB: Server>() {
    let mut site = Site::<DB>::open().await;
    let labels = Labels::default();
    rolled_back(&mut site.db, async |tx| {
        tx.on_commit(labels.hook("before"));
        let (result, captured) = capture_on_commit(tx, async |tx| {
            tx.on_commit_named("kept", labels.hook("kept"));
            let undone: Result<()> = tx
                .atomic(async |tx| {
                    tx.on_commit_named("undone", labels.hook("undone"));
                    Err(Error::other("no"))
                })
                .await;
            assert!(undone.is_err());
            DB::insert(tx, 1).await
        })
        .await;
        result?;
        assert_eq!(captured.names(), [Some("kept")]);
        assert_eq!(tx.pending_hooks(), 1);
        let outcomes = captured.run().await;
        assert!(outcomes.len() == 1 && outcomes[0].result.is_ok());
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(
        labels.all(),
        ["kept"],
        "the one before was not captured, and nothing was committed"
    );
    labels.clear();
    site.db
        .atomic(async |tx| {
            let (_, captured) = capture_on_commit(tx, async |tx| {
                tx.on_commit(labels.hook("back"));
                Ok(())
            })
            .await;
            captured.put_back(tx);
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["back"]);
}
