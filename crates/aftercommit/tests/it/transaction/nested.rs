//! Blocks in blocks.

use aftercommit::{Error, Ok, Result};

use crate::support::{Server, Site};

on_each_database_and_the_pooler! {
    a_nested_block_undoes_itself_only,
    an_outer_error_undoes_released_blocks,
    a_joined_block_dooms_the_block_around_it,
    nesting_has_a_limit,
    savepoints_do_not_pile_up,
    many_nested_blocks_in_a_row,
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
