//! 2: it happens as one.

use aftercommit::testing::rolled_back;
use aftercommit::{Error, Handle, Ok, Options, Result};
use futures_util::{FutureExt, StreamExt};
use sqlx::Executor;

use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    ok_commits_and_err_rolls_back,
    a_panic_rolls_back,
    a_nested_block_undoes_itself_only,
    an_outer_error_undoes_released_blocks,
    a_swallowed_error_breaks_the_block,
    a_nested_block_heals_the_block_around_it,
    a_nested_block_that_swallows_an_error_is_undone_and_says_so,
    no_rollback_is_silent,
    set_rollback_can_be_taken_back_unless_a_statement_failed,
    a_joined_block_dooms_the_block_around_it,
    statements_that_move_the_transaction_are_refused,
    a_durable_block_refuses_to_be_nested,
    a_durable_block_is_allowed_in_a_test,
    options_belong_to_the_outermost_block,
    a_read_only_block_refuses_to_write,
    read_only_ends_with_its_block,
    the_guard_form_commits,
    the_guard_form_rolls_back_when_dropped,
    the_nested_guard_is_undone_when_dropped,
    a_forgotten_nested_guard_is_undone_with_its_block,
    library_code_need_not_know_where_it_is,
    a_stream_that_is_left_early_does_no_harm,
    every_kind_of_query_runs_on_a_block,
    nesting_has_a_limit,
    savepoints_do_not_pile_up,
    many_nested_blocks_in_a_row,
    a_pool_of_one_is_enough,
    the_block_works_in_a_spawned_task,
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

async fn a_nested_block_undoes_itself_only<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            let undone: Result<()> = tx
                .atomic(async |tx| {
                    DB::insert(tx, 2).await?;
                    tx.atomic(async |tx| DB::insert(tx, 3).await).await?;
                    Err(Error::other("no"))
                })
                .await;
            assert!(undone.is_err());
            tx.atomic(async |tx| DB::insert(tx, 4).await).await?;
            DB::insert(tx, 5).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1, 4, 5]);
}

async fn an_outer_error_undoes_released_blocks<DB: Server>() {
    let site = Site::<DB>::open().await;
    let failed: Result<()> = site
        .db
        .atomic(async |tx| {
            tx.atomic(async |tx| DB::insert(tx, 1).await).await?;
            Err(Error::other("no"))
        })
        .await;
    assert!(failed.is_err());
    assert!(site.ids().await.is_empty());
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
        asked.to_string().contains("transaction.rs:"),
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

async fn a_joined_block_dooms_the_block_around_it<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            tx.join(async |tx| DB::insert(tx, 1).await).await?;
            let middle = tx
                .atomic(async |tx| {
                    let joined: Result<()> = tx
                        .join(async |tx| {
                            DB::insert(tx, 2).await?;
                            Err(Error::other("no"))
                        })
                        .await;
                    assert!(joined.is_err());
                    assert!(
                        DB::insert(tx, 3)
                            .await
                            .unwrap_err()
                            .to_string()
                            .contains("joined block")
                    );
                    Ok(())
                })
                .await;
            assert!(middle.unwrap_err().is_rolled_back());
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1]);
}

async fn statements_that_move_the_transaction_are_refused<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            for sql in ["COMMIT", "/* sly */ rollback", "SAVEPOINT mine", "BEGIN"] {
                let refused = Error::from((&mut *tx).execute(sql).await.map(drop).unwrap_err());
                assert_eq!(refused.code(), Some("TX_CONTROL"), "{sql}");
            }
            // Nothing was sent, so nothing is broken.
            DB::insert(tx, 2).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1, 2]);
}

async fn a_durable_block_refuses_to_be_nested<DB: Server>() {
    let site = Site::<DB>::open().await;
    let durable = Options::new().durable();
    site.db
        .with(durable.clone())
        .atomic(async |tx| DB::insert(tx, 1).await)
        .await
        .unwrap();
    site.db
        .atomic(async |tx| {
            let refused = tx
                .atomic_with(durable, async |tx| DB::insert(tx, 2).await)
                .await
                .unwrap_err();
            assert_eq!(refused.code(), Some("DURABLE_NESTED"));
            assert_eq!(
                refused.to_string().matches("transaction.rs:").count(),
                2,
                "both places: {refused}"
            );
            DB::insert(tx, 3).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1, 3]);
}

async fn a_durable_block_is_allowed_in_a_test<DB: Server>() {
    let mut site = Site::<DB>::open().await;
    rolled_back(&mut site.db, async |tx| {
        tx.atomic_with(Options::new().durable(), async |tx| DB::insert(tx, 1).await)
            .await?;
        assert_eq!(DB::count(tx).await?, 1);
        tx.atomic(async |tx| {
            let deeper = tx
                .atomic_with(Options::new().durable(), async |tx| DB::insert(tx, 2).await)
                .await;
            assert_eq!(deeper.unwrap_err().code(), Some("DURABLE_NESTED"));
            Ok(())
        })
        .await
    })
    .await
    .unwrap();
    assert!(site.ids().await.is_empty());
}

async fn options_belong_to_the_outermost_block<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .with(Options::new().serializable())
        .atomic(async |tx| {
            let refused = tx
                .atomic_with(Options::new().read_only(), async |_tx| Ok(()))
                .await
                .unwrap_err();
            assert_eq!(refused.code(), Some("OPTION_NESTED"));
            assert!(
                refused.to_string().starts_with("OPTION_NESTED: read-only"),
                "{refused}"
            );
            DB::insert(tx, 1).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1]);
}

async fn a_read_only_block_refuses_to_write<DB: Server>() {
    let site = Site::<DB>::open().await;
    let read_only = site.db.with(Options::new().read_only());
    let refused = read_only
        .atomic(async |tx| DB::insert(tx, 1).await)
        .await
        .unwrap_err();
    assert!(refused.as_database().is_some(), "{refused}");
    assert!(site.ids().await.is_empty());
}

async fn read_only_ends_with_its_block<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    for id in 1..4 {
        let count = site
            .db
            .with(Options::new().read_only())
            .atomic(async |tx| DB::count(tx).await)
            .await
            .unwrap();
        assert_eq!(count, id - 1);
        site.db
            .atomic(async |tx| DB::insert(tx, id).await)
            .await
            .unwrap();
    }
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

async fn add<DB: Server, H: Handle<DB>>(handle: &mut H, labels: &Labels, id: i64) -> Result<()> {
    handle.atomic(async |tx| DB::insert(tx, id).await).await?;
    handle
        .on_commit(labels.hook(&format!("{id} {}", handle.in_transaction())))
        .await
}

async fn library_code_need_not_know_where_it_is<DB: Server>() {
    let mut site = Site::<DB>::open().await;
    let labels = Labels::default();
    add(&mut site.db, &labels, 1).await.unwrap();
    assert_eq!(
        labels.all(),
        ["1 false"],
        "without a transaction the hook runs now"
    );
    site.db
        .atomic(async |tx| {
            add(tx, &labels, 2).await?;
            assert_eq!(labels.all().len(), 1, "in a transaction it waits");
            Handle::join(tx, async |tx| DB::insert(tx, 3).await).await
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["1 false", "2 true"]);
    assert_eq!(site.ids().await, [1, 2, 3]);
}

async fn a_stream_that_is_left_early_does_no_harm<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            for id in 0..300 {
                DB::insert(tx, id).await?;
            }
            for _ in 0..20 {
                let mut rows = (&mut *tx).fetch("SELECT id FROM item ORDER BY id");
                assert!(rows.next().await.unwrap().is_ok());
                drop(rows);
                assert_eq!(DB::count(tx).await?, 300);
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await.len(), 300);
}

async fn every_kind_of_query_runs_on_a_block<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            DB::insert(tx, 2).await?;
            assert_eq!((&mut *tx).fetch_all("SELECT id FROM item").await?.len(), 2);
            assert!(
                (&mut *tx)
                    .fetch_optional("SELECT id FROM item WHERE id = 9")
                    .await?
                    .is_none()
            );
            let missing = (&mut *tx)
                .fetch_one("SELECT id FROM item WHERE id = 9")
                .await;
            assert!(matches!(missing, Err(sqlx::Error::RowNotFound)));
            let both: Vec<_> = (&mut *tx).fetch_many("SELECT id FROM item").collect().await;
            assert!(
                both.iter().all(Result::is_ok),
                "rows and the end of the statement"
            );
            (&mut *tx)
                .prepare(sqlx::SqlStr::from_static("SELECT id FROM item"))
                .await?;
            let described = (&mut *tx)
                .describe(sqlx::SqlStr::from_static("SELECT id FROM item"))
                .await?;
            assert_eq!(described.columns().len(), 1);
            (&mut *tx).execute("UPDATE item SET val = 7").await?;
            // That no row was found did not break the block.
            DB::insert(tx, 3).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1, 2, 3]);
}

fn dive<DB: Server>(
    tx: &mut aftercommit::Tx<DB>,
) -> futures_core::future::BoxFuture<'_, Result<()>> {
    Box::pin(async move { tx.atomic(async |tx| dive(tx).await).await })
}

async fn nesting_has_a_limit<DB: Server>() {
    let site = Site::<DB>::open().await;
    let too_deep = site.db.atomic(async |tx| dive(tx).await).await.unwrap_err();
    assert_eq!(too_deep.code(), Some("NESTING_TOO_DEEP"));
    assert!(too_deep.to_string().contains("100"), "{too_deep}");
}

async fn savepoints_do_not_pile_up<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            for id in 0..50 {
                let undone: Result<()> = tx
                    .atomic(async |tx| {
                        DB::insert(tx, id).await?;
                        Err(Error::other("no"))
                    })
                    .await;
                assert!(undone.is_err());
            }
            // A savepoint of the first round would still be known if it had not been released.
            Ok(())
        })
        .await
        .unwrap();
    let undone = site
        .heard
        .all()
        .iter()
        .filter(|heard| heard.starts_with("roll back to"))
        .count();
    assert_eq!(undone, 50);
    assert!(site.ids().await.is_empty());
}

async fn many_nested_blocks_in_a_row<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            for id in 0..200 {
                let fails = id % 3 == 0;
                let result = tx
                    .atomic(async |tx| {
                        DB::insert(tx, id).await?;
                        if fails {
                            Err(Error::other("no"))
                        } else {
                            Ok(())
                        }
                    })
                    .await;
                assert_eq!(result.is_err(), fails);
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(
        site.ids().await,
        (0..200).filter(|id| id % 3 != 0).collect::<Vec<i64>>()
    );
}

async fn a_pool_of_one_is_enough<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    let (inside, labels) = (site.db.clone(), Labels::default());
    let noting = labels.clone();
    site.db
        .atomic(async |tx| {
            tx.on_commit(async move || {
                inside.atomic(async |tx| DB::insert(tx, 2).await).await?;
                noting.note("written");
                Ok(())
            });
            DB::insert(tx, 1).await
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["written"]);
    assert_eq!(site.ids().await, [1, 2]);
}

async fn the_block_works_in_a_spawned_task<DB: Server>() {
    let site = Site::<DB>::open().await;
    let db = site.db.clone();
    let local = String::from("borrowed");
    let task = tokio::spawn(async move {
        let length = db
            .atomic(async |tx| {
                DB::insert(tx, 1).await?;
                Ok(local.len())
            })
            .await?;
        Ok((length, local))
    });
    assert_eq!(task.await.unwrap().unwrap().0, 8);
    assert_eq!(site.ids().await, [1]);
}
