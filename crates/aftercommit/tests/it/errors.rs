//! Errors: their questions, codes and texts.

use std::error::Error as _;

use aftercommit::{Error, Ok, Result};

use crate::support::{Server, Site};

on_each_database_and_the_pooler! {
    an_error_of_the_application_comes_back_as_it_was,
    a_database_that_is_not_there_is_a_clear_error,
    a_pool_without_a_connection_is_busy,
    own_errors_reach_code_that_only_knows_sqlx,
    a_block_may_have_an_error_type_of_its_own,
    a_block_may_have_the_error_type_of_sqlx,
}

#[derive(Debug)]
enum Mine {
    App(&'static str),
    Library(Error),
}

impl std::fmt::Display for Mine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Mine {}

impl From<Error> for Mine {
    fn from(error: Error) -> Self {
        Mine::Library(error)
    }
}

async fn an_error_of_the_application_comes_back_as_it_was<DB: Server>() {
    let site = Site::<DB>::open().await;
    let failed: Result<()> = site
        .db
        .atomic(async |_tx| Err(Error::other(Mine::App("mine"))))
        .await;
    let failed = failed.unwrap_err();
    assert!(matches!(
        failed.downcast_ref::<Mine>(),
        Some(Mine::App("mine"))
    ));
    assert_eq!(failed.code(), None);
    assert!(!failed.is_retryable() && !failed.is_commit_in_doubt());
}

async fn a_database_that_is_not_there_is_a_clear_error<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db.pool().close().await;
    // A block that sends nothing needs no connection.
    site.db.atomic(async |_tx| Ok(())).await.unwrap();
    let counted = site.db.atomic(async |tx| DB::count(tx).await).await;
    let closed = counted.unwrap_err();
    assert!(
        closed.is_connection_lost() && closed.is_retryable(),
        "{closed}"
    );
}

async fn a_pool_without_a_connection_is_busy<DB: Server>() {
    let site = Site::<DB>::open().await;
    let pool = sqlx::pool::PoolOptions::<DB>::new()
        .max_connections(1)
        .acquire_timeout(std::time::Duration::from_secs(3))
        .connect_with(site.options.clone())
        .await
        .unwrap();
    let db = aftercommit::Db::new(pool);
    let mut holder = db.begin().await.unwrap();
    DB::count(&mut holder).await.unwrap();
    let counted = db.atomic(async |tx| DB::count(tx).await).await;
    let busy = counted.unwrap_err();
    assert!(busy.is_busy() && busy.is_retryable(), "{busy}");
    assert!(
        busy.to_string().contains("1 of the 1 connections")
            && busy.to_string().contains("errors.rs:"),
        "it names the block that holds the connection: {busy}"
    );
    holder.rollback().await;
    db.atomic(async |tx| DB::count(tx).await).await.unwrap();
}

async fn own_errors_reach_code_that_only_knows_sqlx<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .atomic(async |tx| {
            let refused = sqlx::Executor::execute(&mut *tx, "COMMIT")
                .await
                .map(drop)
                .unwrap_err();
            let database = refused.as_database_error().unwrap();
            assert_eq!(database.code().as_deref(), Some("TX_CONTROL"));
            assert!(database.message().contains("set_rollback"));
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_block_may_have_an_error_type_of_its_own<DB: Server>() {
    let site = Site::<DB>::open().await;
    let app: Result<(), Mine> = site.db.atomic(async |_tx| Err(Mine::App("mine"))).await;
    assert!(matches!(app, Err(Mine::App("mine"))));
    let library: Result<(), Mine> = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            tx.set_rollback(true)?;
            Result::Ok(())
        })
        .await;
    assert!(matches!(library, Err(Mine::Library(error)) if error.is_rolled_back()));
}

async fn a_block_may_have_the_error_type_of_sqlx<DB: Server>() {
    let site = Site::<DB>::open().await;
    let kept: sqlx::Result<()> = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            Result::Ok(())
        })
        .await;
    kept.unwrap();
    let asked: sqlx::Result<()> = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 2).await?;
            tx.set_rollback(true)?;
            Result::Ok(())
        })
        .await;
    let asked = asked.unwrap_err();
    assert!(Error::find(&asked).is_some_and(Error::is_rolled_back));
    let taken: sqlx::Result<()> = site
        .db
        .atomic(async |tx| Result::Ok(DB::insert(tx, 1).await?))
        .await;
    let taken = taken.unwrap_err();
    assert!(
        taken
            .as_database_error()
            .is_some_and(|error| error.is_unique_violation())
    );
    assert_eq!(site.ids().await, [1]);
}

#[test]
fn an_error_is_one_sentence_without_its_source() {
    let error = Error::from(sqlx::Error::Io(std::io::Error::other("wire")));
    assert!(error.is_connection_lost());
    assert!(error.source().is_some() || error.to_string().contains("wire"));
    assert_eq!(Error::other("plain").to_string(), "plain");
}
