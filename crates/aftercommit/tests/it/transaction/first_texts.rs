//! Texts that are not understood, and lent connections: on Postgres, where a failed statement keeps the transaction from being asked.

use aftercommit::{Error, Ok, Result, Tx};
use sqlx::{Connection, PgConnection, Postgres};

use crate::support::{Labels, Server, Site};

/// Runs statements on a lent connection, and does not look whether they fail.
async fn carelessly(tx: &mut Tx<Postgres>, statements: &[&'static str]) -> Result<()> {
    tx.with_connection(async |conn: &mut PgConnection| {
        for statement in statements {
            let _ = sqlx::raw_sql(*statement).execute(&mut *conn).await;
        }
        Ok(())
    })
    .await
}

const FAILS: &[&str] = &["INSERT INTO item (id) VALUES (2)", "SELECT 1 / 0"];

#[tokio::test]
async fn a_failure_that_lent_code_swallows_breaks_the_block_only_on_postgres() {
    for (first, nested) in [(true, false), (false, false), (true, true), (false, true)] {
        let site = Site::<Postgres>::open().await;
        let labels = Labels::default();
        let told = site
            .db
            .atomic(async |tx| {
                tx.on_commit(labels.hook("never"));
                if !first {
                    Postgres::insert(tx, 1).await?;
                }
                if nested {
                    tx.atomic(async |tx| carelessly(tx, FAILS).await).await
                } else {
                    carelessly(tx, FAILS).await
                }
            })
            .await;
        let what = format!("first {first}, nested {nested}");
        assert!(told.unwrap_err().is_broken(), "{what}");
        assert!(
            site.ids().await.is_empty() && labels.all().is_empty(),
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_failure_of_a_nested_block_stays_there_only_on_postgres() {
    let site = Site::<Postgres>::open().await;
    site.db
        .atomic(async |tx| {
            Postgres::insert(tx, 1).await?;
            let inside = tx.atomic(async |tx| carelessly(tx, FAILS).await).await;
            assert!(inside.unwrap_err().is_broken());
            let inside = tx.atomic(async |tx| -> Result<()> {
                sqlx::raw_sql("SELECT 1; SELECT 1 / 0")
                    .execute(&mut *tx)
                    .await?;
                Ok(())
            });
            assert!(inside.await.is_err());
            Postgres::insert(tx, 3).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1, 3]);
}

#[tokio::test]
async fn a_commit_before_a_failure_is_told_only_on_postgres() {
    for end in ["COMMIT; BEGIN", "COMMIT AND CHAIN"] {
        for first in [true, false] {
            let site = Site::<Postgres>::open().await;
            let labels = Labels::default();
            let statements = ["INSERT INTO item (id) VALUES (2)", end, "SELECT 1 / 0"];
            let told = site
                .db
                .atomic(async |tx| {
                    tx.on_commit(labels.hook("never"));
                    if !first {
                        let _: i64 = Postgres::count(tx).await?;
                    }
                    carelessly(tx, &statements).await
                })
                .await;
            let what = format!("{end}, first {first}");
            assert_eq!(
                told.unwrap_err().code(),
                Some("TX_STATE_MISMATCH"),
                "{what}"
            );
            assert!(labels.all().is_empty(), "{what}");
            assert_eq!(site.ids().await, [2], "it was committed, in truth: {what}");
        }
    }
}

async fn fails_with_its_own_error(site: &Site<Postgres>) {
    let failed = site.db.atomic(async |tx| {
        sqlx::raw_sql("SELECT 1; SELECT 1 / 0")
            .execute(&mut *tx)
            .await?;
        Ok(())
    });
    let failed: Error = failed.await.unwrap_err();
    assert!(failed.to_string().contains("division by zero"), "{failed}");
}

#[tokio::test]
async fn a_first_text_that_fails_says_why_only_on_postgres() {
    let site = Site::<Postgres>::with_pool_of(1).await;
    fails_with_its_own_error(&site).await;
    for change in [
        "SET TIME ZONE 'America/Lima'",
        "SET TIME ZONE 'Asia/Kathmandu'",
    ] {
        // What is known of the server is learned again, and the count is not disturbed by that.
        site.db
            .atomic(async |tx| Postgres::insert(tx, 1).await)
            .await
            .unwrap();
        sqlx::query(change).execute(site.db.pool()).await.unwrap();
        let read_first = site.db.atomic(async |tx| {
            let _: i64 = Postgres::count(tx).await?;
            sqlx::query("DELETE FROM item").execute(&mut *tx).await?;
            Ok(())
        });
        read_first.await.unwrap();
        fails_with_its_own_error(&site).await;
    }
}

#[tokio::test]
async fn a_first_text_may_reset_all_only_on_postgres() {
    let site = Site::<Postgres>::open().await;
    for text in [
        "RESET ALL; INSERT INTO item (id) VALUES (1)",
        "DO $$ BEGIN RESET ALL; END $$; INSERT INTO item (id) VALUES (2)",
    ] {
        let block = site.db.atomic(async |tx| {
            sqlx::raw_sql(text).execute(&mut *tx).await?;
            Ok(())
        });
        block.await.unwrap();
    }
    assert_eq!(site.ids().await, [1, 2]);
}

#[tokio::test]
async fn a_role_that_may_not_see_locks_runs_any_text_only_on_postgres() {
    let server = aftercommit_harness::Postgres::start().unwrap();
    server
        .run(&[
            "CREATE ROLE little LOGIN",
            "REVOKE SELECT ON pg_locks FROM public",
            "CREATE TABLE item (id BIGINT)",
            "GRANT ALL ON item TO little",
        ])
        .unwrap();
    let options: sqlx::postgres::PgConnectOptions = server.url("postgres").parse().unwrap();
    let pool = sqlx::PgPool::connect_with(options.username("little"))
        .await
        .unwrap();
    let db = aftercommit::Db::new(pool);
    let block = db.atomic(async |tx| {
        sqlx::raw_sql("INSERT INTO item VALUES (1); SELECT 1")
            .execute(&mut *tx)
            .await?;
        Ok(())
    });
    block.await.unwrap();
    let mut conn = PgConnection::connect(&server.url("postgres"))
        .await
        .unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM item")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(rows, 1);
}
