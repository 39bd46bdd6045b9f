//! What one database does and the others do not.

use aftercommit::{Error, Isolation, Ok, Options, Signals, Tx};
use futures_util::StreamExt;
use sqlx::{Executor, MySql, Postgres, Sqlite};

use crate::support::{Labels, Server, Site};

mod postgres_alone {
    use super::*;

    #[tokio::test]
    async fn an_isolation_level_is_in_force_only_on_postgres() {
        let site = Site::<Postgres>::open().await;
        let options = Options::new()
            .isolation(Isolation::RepeatableRead)
            .read_only();
        let seen: String = site
            .db
            .with(options)
            .atomic(async |tx| {
                Ok(sqlx::query_scalar("SHOW transaction_isolation")
                    .fetch_one(&mut *tx)
                    .await?)
            })
            .await
            .unwrap();
        assert_eq!(seen, "repeatable read");
        let deferrable = Options::new().serializable().read_only().deferrable();
        let seen: String = site
            .db
            .with(deferrable)
            .atomic(async |tx| {
                Ok(sqlx::query_scalar("SHOW transaction_deferrable")
                    .fetch_one(&mut *tx)
                    .await?)
            })
            .await
            .unwrap();
        assert_eq!(seen, "on");
    }

    #[tokio::test]
    async fn a_late_error_of_a_stream_that_was_left_breaks_the_block_only_on_postgres() {
        let site = Site::<Postgres>::open().await;
        let broken = site
            .db
            .atomic(async |tx| {
                Postgres::insert(tx, 1).await?;
                let sql = "SELECT 1 / (90000 - x) FROM generate_series(1, 100000) x";
                let mut rows = (&mut *tx).fetch(sql);
                assert!(rows.next().await.unwrap().is_ok());
                drop(rows);
                Ok(())
            })
            .await
            .unwrap_err();
        assert!(broken.is_broken(), "{broken}");
        assert!(site.ids().await.is_empty());
    }

    struct Read;

    /// `anyhow` hides what it wraps; the transaction has seen the collision itself.
    async fn change(tx: &mut Tx<Postgres>, _read: &Read) -> anyhow::Result<()> {
        sqlx::query("UPDATE item SET val = 1 WHERE id = 1")
            .execute(&mut *tx)
            .await?;
        anyhow::Ok(())
    }

    #[tokio::test]
    async fn a_serialization_failure_is_tried_again_without_its_hooks_only_on_postgres() {
        let site = Site::<Postgres>::open()
            .await
            .with_signals(Signals::new().during("change", change));
        site.db
            .atomic(async |tx| Postgres::insert(tx, 1).await)
            .await
            .unwrap();
        let (labels, tries) = (Labels::default(), std::sync::atomic::AtomicU32::new(0));
        let others = site.others.clone();
        site.db
            .with(Options::new().serializable())
            .retry(3)
            .atomic(async |tx| {
                let this = tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                tx.on_commit(labels.hook(&format!("try {this}")));
                let _: i64 = Postgres::count(tx).await?;
                if this == 0 {
                    // Somebody else changes what was read, and commits first.
                    sqlx::raw_sql("UPDATE item SET val = 9")
                        .execute(&others)
                        .await?;
                }
                tx.send(Read).await
            })
            .await
            .unwrap();
        assert_eq!(
            labels.all(),
            ["try 1"],
            "the hook of the failed try is gone"
        );
    }
}

mod mysql_alone {
    use super::*;

    #[tokio::test]
    async fn a_statement_that_commits_is_refused_only_on_mysql() {
        let site = Site::<MySql>::open().await;
        site.db
            .atomic(async |tx| {
                MySql::insert(tx, 1).await?;
                let refused = (&mut *tx)
                    .execute("CREATE TABLE sly (id INT)")
                    .await
                    .map_err(Error::from)
                    .unwrap_err();
                assert_eq!(refused.code(), Some("IMPLICIT_COMMIT"));
                assert!(refused.to_string().contains("CREATE TABLE"), "{refused}");
                MySql::insert(tx, 2).await
            })
            .await
            .unwrap();
        assert_eq!(site.ids().await, [1, 2]);
    }

    #[tokio::test]
    async fn a_procedure_that_commits_is_found_out_only_on_mysql() {
        let site = Site::<MySql>::open().await;
        sqlx::raw_sql("CREATE PROCEDURE sly() BEGIN COMMIT; END")
            .execute(&site.others)
            .await
            .unwrap();
        let labels = Labels::default();
        let mismatch = site
            .db
            .atomic(async |tx| {
                MySql::insert(tx, 1).await?;
                tx.on_commit(labels.hook("hook"));
                (&mut *tx).execute("CALL sly()").await?;
                Ok(())
            })
            .await
            .unwrap_err();
        assert_eq!(mismatch.code(), Some("TX_STATE_MISMATCH"));
        assert!(labels.all().is_empty());
    }

    #[tokio::test]
    async fn a_swallowed_deadlock_ends_the_block_only_on_mysql() {
        let site = Site::<MySql>::open().await;
        site.db
            .atomic(async |tx| {
                MySql::insert(tx, 1).await?;
                MySql::insert(tx, 2).await
            })
            .await
            .unwrap();
        let lock = "SELECT id FROM item WHERE id = ? FOR UPDATE";
        let meeting = tokio::sync::Barrier::new(2);
        let block = async |first: i64, second: i64| {
            site.db
                .atomic(async |tx| {
                    sqlx::query(lock).bind(first).fetch_all(&mut *tx).await?;
                    meeting.wait().await;
                    // The error is swallowed: a later write would commit by itself.
                    let swallowed = sqlx::query(lock)
                        .bind(second)
                        .fetch_all(&mut *tx)
                        .await
                        .is_err();
                    if swallowed {
                        assert!(MySql::insert(tx, 100).await.unwrap_err().is_broken());
                    }
                    Ok(())
                })
                .await
        };
        let (one, other) = tokio::join!(block(1, 2), block(2, 1));
        let failed = one.err().or(other.err()).expect("one of them was chosen");
        assert!(failed.is_conflict() && failed.is_broken(), "{failed}");
        assert_eq!(site.ids().await, [1, 2]);
    }

    #[tokio::test]
    async fn a_deadlock_is_tried_again_only_on_mysql() {
        let site = Site::<MySql>::open().await;
        site.db
            .atomic(async |tx| {
                MySql::insert(tx, 1).await?;
                MySql::insert(tx, 2).await
            })
            .await
            .unwrap();
        let meeting = tokio::sync::Barrier::new(2);
        let tries = std::sync::atomic::AtomicU32::new(0);
        let block = async |first: i64, second: i64| {
            let met = std::sync::atomic::AtomicBool::new(false);
            site.db
                .retry(5)
                .atomic(async |tx| {
                    tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let update = "UPDATE item SET val = COALESCE(val, 0) + 1 WHERE id = ?";
                    sqlx::query(update).bind(first).execute(&mut *tx).await?;
                    if !met.swap(true, std::sync::atomic::Ordering::Relaxed) {
                        meeting.wait().await;
                    }
                    sqlx::query(update).bind(second).execute(&mut *tx).await?;
                    Ok(())
                })
                .await
        };
        let (one, other) = tokio::join!(block(1, 2), block(2, 1));
        one.unwrap();
        other.unwrap();
        assert_eq!(tries.into_inner(), 3, "one of the two was tried twice");
        let sum: i64 = sqlx::query_scalar("SELECT CAST(SUM(val) AS SIGNED) FROM item")
            .fetch_one(&site.others)
            .await
            .unwrap();
        assert_eq!(sum, 4);
    }
}

mod sqlite_alone {
    use super::*;

    #[tokio::test]
    async fn a_locked_database_names_the_holder_only_on_sqlite() {
        let site = Site::<Sqlite>::open().await;
        let impatient = site.options.clone().busy_timeout(std::time::Duration::ZERO);
        let pool = sqlx::pool::PoolOptions::new()
            .max_connections(2)
            .connect_with(impatient)
            .await
            .unwrap();
        let db = aftercommit::Db::<Sqlite>::new(pool);
        let mut holder = db.begin().await.unwrap();
        Sqlite::count(&mut holder).await.unwrap();
        // The lock is taken with the first statement, reading or not, and not before.
        db.atomic(async |_tx| Ok(())).await.unwrap();
        let counted = db.atomic(async |tx| Sqlite::count(tx).await).await;
        let locked = counted.unwrap_err();
        assert_eq!(locked.code(), Some("DB_BUSY"));
        assert!(locked.is_busy() && locked.is_retryable());
        assert!(
            locked.to_string().contains("dialects.rs:"),
            "it names the block that writes: {locked}"
        );
        holder.rollback().await;
        db.atomic(async |tx| Sqlite::count(tx).await).await.unwrap();
    }

    #[tokio::test]
    async fn readers_do_not_wait_for_the_writer_only_on_sqlite() {
        let site = Site::<Sqlite>::open().await;
        let mut writer = site.db.begin().await.unwrap();
        Sqlite::insert(&mut writer, 1).await.unwrap();
        let seen = site
            .db
            .with(Options::new().read_only())
            .atomic(async |tx| Sqlite::count(tx).await)
            .await
            .unwrap();
        assert_eq!(seen, 0);
        writer.commit().await.unwrap();
    }
}
