//! The public async functions that write, one way each.

use aftercommit::testing::{capture_on_commit, rolled_back};
use aftercommit::{Db, Error, Ok, Options, Result};

use super::{Robust, Saved};
use crate::support::{Labels, Server};

/// Ways to write row `id` and to note `id` in a hook, through each public async function.
pub(super) const WAYS: usize = 12;

pub(super) async fn write<DB: Server>(
    way: usize,
    db: &Db<DB>,
    labels: &Labels,
    id: i64,
) -> Result<()> {
    let hook = labels.hook(&id.to_string());
    match way {
        0 => {
            db.atomic(async |tx| {
                tx.on_commit(hook);
                DB::insert(tx, id).await
            })
            .await
        }
        1 => {
            let mut tx = db.begin().await?;
            tx.on_commit(hook);
            DB::insert(&mut tx, id).await?;
            tx.commit().await
        }
        2 => {
            db.retry(2)
                .atomic(async |tx| {
                    tx.on_commit(labels.hook(&id.to_string()));
                    DB::insert(tx, id).await
                })
                .await
        }
        3 => {
            db.atomic(async |tx| {
                tx.atomic(async |tx| {
                    tx.on_commit(hook);
                    DB::insert(tx, id).await
                })
                .await
            })
            .await
        }
        4 => db.send(Saved(id)).await,
        5 => {
            db.atomic(async |tx| tx.send_robust(Saved(id)).await.map(drop))
                .await
        }
        6 => db
            .atomic_report(async |tx| {
                let undone: Result<()> = tx
                    .atomic(async |tx| {
                        tx.on_commit(labels.hook("never"));
                        DB::insert(tx, -id).await?;
                        Err(Error::other("no"))
                    })
                    .await;
                assert!(undone.is_err());
                tx.on_commit(hook);
                tx.join(async |tx| DB::insert(tx, id).await).await
            })
            .await
            .map(|report| report.value),
        7 => {
            let mut tx = db.begin().await?;
            tx.on_commit(labels.hook("never"));
            DB::insert(&mut tx, -id).await?;
            tx.rollback().await;
            Ok(())
        }
        8 => {
            let mut tx = db.begin().await?;
            let mut nested = tx.begin().await?;
            nested.on_commit(hook);
            DB::insert(&mut nested, id).await?;
            nested.commit().await?;
            tx.commit_report().await.map(drop)
        }
        9 => {
            let count = db
                .with(Options::new().read_only())
                .atomic(async |tx| DB::count(tx).await)
                .await;
            db.migrate().await?;
            rolled_back(&mut db.clone(), async |tx| DB::insert(tx, -id).await).await?;
            // Each receiver has a transaction of its own, so the row and its hook come from one receiver.
            db.send_robust(Robust(id)).await?;
            count.map(drop)
        }
        10 => {
            db.with(Options::new().durable())
                .atomic(async |tx| {
                    let (result, captured) = capture_on_commit(tx, async |tx| {
                        tx.on_commit(hook);
                        tx.muted("insert", async |tx| {
                            tx.atomic_with(Options::new(), async |tx| DB::insert(tx, id).await)
                                .await
                        })
                        .await
                    })
                    .await;
                    captured.put_back(tx);
                    result
                })
                .await
        }
        _ => {
            // Without a transaction: once polled, the hook runs to its end.
            db.on_commit(labels.hook("now")).await
        }
    }
}
