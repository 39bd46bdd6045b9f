//! What runs on a block.

use aftercommit::{Error, Ok, Result};
use futures_util::StreamExt;
use sqlx::Executor;

use crate::support::{Server, Site};

on_each_database_and_the_pooler! {
    every_kind_of_query_runs_on_a_block,
    a_stream_that_is_left_early_does_no_harm,
    statements_that_move_the_transaction_are_refused,
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
