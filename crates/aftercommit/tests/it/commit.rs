//! 3: it is true now.

use std::sync::Arc;
use std::time::Duration;

use aftercommit::testing::{capture_on_commit, rolled_back};
use aftercommit::{Error, Event, Ok, Result};
use tokio::sync::Notify;

use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    hooks_run_in_the_order_of_registration,
    a_hook_dies_with_its_savepoint,
    hooks_of_a_transaction_that_failed_never_run,
    a_failing_hook_stops_nothing,
    a_report_names_the_hooks,
    a_hook_sees_committed_data,
    a_hook_may_open_a_transaction,
    a_hook_registered_by_a_hook_runs_at_once,
    a_failed_hook_leaves_the_next_transaction_clean,
    a_constraint_that_fails_at_commit_runs_no_hook,
    without_a_transaction_a_hook_runs_now,
    a_strict_handle_insists_on_a_transaction,
    a_slow_hook_is_warned_about,
    a_long_transaction_is_warned_about_with_its_place,
    too_many_hooks_are_refused_before_the_commit,
    ten_thousand_hooks_run_once_each,
    an_observer_that_panics_does_no_harm,
    captured_hooks_can_be_looked_at_run_and_put_back,
}

async fn planned_panic() {
    panic!("as planned")
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
            .all(|hook| hook.place.file().ends_with("commit.rs"))
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
    assert!(refused.to_string().contains("commit.rs:"), "{refused}");
    assert!(labels.all().is_empty());
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
        warned.len() == 1 && warned[0].ends_with("commit.rs"),
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
