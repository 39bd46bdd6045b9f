//! Code that takes no executor gets the connection, and cannot end the transaction unseen.

use aftercommit::{Error, Ok, Result};
use sqlx::{Postgres, Sqlite};

use crate::support::{Labels, Server, Site};

on_each_database! {
    what_runs_on_a_lent_connection_belongs_to_the_block,
    an_error_of_it_breaks_the_block,
    a_commit_on_it_is_told,
    a_rollback_on_it_is_told,
    a_lent_connection_that_is_dropped_leaves_the_block_unsure,
}

async fn what_runs_on_a_lent_connection_belongs_to_the_block<DB: Server>() {
    let site = Site::<DB>::open().await;
    for commits in [false, true] {
        let block = site.db.atomic(async |tx| {
            tx.with_connection(async |conn| {
                DB::run(conn, "INSERT INTO item (id) VALUES (1)").await;
                Ok(())
            })
            .await?;
            DB::insert(tx, 2).await?;
            if commits {
                Ok(())
            } else {
                Err(Error::other("undone"))
            }
        });
        assert_eq!(block.await.is_ok(), commits);
        let expected: &[i64] = if commits { &[1, 2] } else { &[] };
        assert_eq!(site.ids().await, expected);
    }
}

async fn an_error_of_it_breaks_the_block<DB: Server>() {
    let site = Site::<DB>::open().await;
    let swallowed = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            let inside: Result<()> = tx
                .atomic(async |tx| {
                    tx.with_connection(async |_| Err(Error::other("mine")))
                        .await
                })
                .await;
            assert_eq!(inside.unwrap_err().to_string(), "mine");
            // Healed by its own block; without one it is not.
            DB::insert(tx, 2).await?;
            let failed: Result<()> = tx
                .with_connection(async |_| Err(Error::other("mine")))
                .await;
            assert!(failed.is_err());
            Ok(())
        })
        .await;
    assert!(swallowed.unwrap_err().is_broken());
    assert!(site.ids().await.is_empty());
}

async fn a_commit_on_it_is_told<DB: Server>() {
    let site = Site::<DB>::open().await;
    // Whatever the block says, and whatever follows, inside a nested block or not.
    for (id, nested, says_ok) in [
        (1, false, true),
        (3, false, false),
        (5, true, true),
        (7, true, false),
    ] {
        let labels = Labels::default();
        let told = site
            .db
            .atomic(async |tx| {
                tx.on_commit(labels.hook("never"));
                DB::insert(tx, id).await?;
                let end = async |tx: &mut aftercommit::Tx<DB>| {
                    tx.with_connection(async |conn| {
                        DB::run(conn, "COMMIT").await;
                        Ok(())
                    })
                    .await
                };
                if nested {
                    let _: Result<()> = tx.atomic(end).await;
                } else {
                    end(tx).await?;
                }
                if says_ok {
                    Ok(())
                } else {
                    Err(Error::other("undone"))
                }
            })
            .await;
        assert_eq!(told.unwrap_err().code(), Some("TX_STATE_MISMATCH"), "{id}");
        assert!(labels.all().is_empty());
        assert!(site.ids().await.contains(&id), "it was committed, in truth");
    }
}

async fn a_rollback_on_it_is_told<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    for then in ["ROLLBACK", "ROLLBACK; BEGIN"] {
        let told = site
            .db
            .atomic(async |tx| {
                tx.on_commit(labels.hook("never"));
                DB::insert(tx, 1).await?;
                tx.with_connection(async |conn| {
                    DB::run(conn, then).await;
                    Ok(())
                })
                .await?;
                let _: Result<()> = DB::insert(tx, 2).await;
                Ok(())
            })
            .await;
        assert_eq!(
            told.unwrap_err().code(),
            Some("TX_STATE_MISMATCH"),
            "{then}"
        );
        assert!(
            labels.all().is_empty() && site.ids().await.is_empty(),
            "{then}"
        );
    }
}

async fn a_lent_connection_that_is_dropped_leaves_the_block_unsure<DB: Server>() {
    let site = Site::<DB>::open().await;
    let told = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            let (inside, told) = tokio::sync::oneshot::channel();
            let lent = tx.with_connection(async move |_| {
                let _ = inside.send(());
                std::future::pending::<Result<()>>().await
            });
            tokio::select! {
                _ = lent => unreachable!("it never ends"),
                told = told => told.expect("inside"),
            }
            Ok(())
        })
        .await;
    // What the code did before it was dropped is not known.
    assert_eq!(told.unwrap_err().code(), Some("TX_STATE_MISMATCH"));
    assert!(site.ids().await.is_empty());
}

#[tokio::test]
async fn copy_works_on_it_only_on_postgres() {
    let site = Site::<Postgres>::open().await;
    let copied = site.db.atomic(async |tx| {
        tx.with_connection(async |conn| {
            let mut copy = conn.copy_in_raw("COPY item (id) FROM STDIN").await?;
            copy.send(b"1\n2\n".as_slice()).await?;
            Ok(copy.finish().await?)
        })
        .await
    });
    assert_eq!(copied.await.unwrap(), 2);
    assert_eq!(site.ids().await, [1, 2]);
}

#[tokio::test]
async fn code_that_begins_on_it_is_refused_only_on_sqlite() {
    let site = Site::<Sqlite>::open().await;
    let refused = site.db.atomic(async |tx| {
        tx.with_connection(async |conn| {
            let began = sqlx::Connection::begin(conn).await;
            Ok(began.map(drop)?)
        })
        .await
    });
    assert!(refused.await.is_err());
    assert!(site.ids().await.is_empty());
}
