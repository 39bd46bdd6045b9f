//! What an error is taken for: lost, in conflict, or refused.

use aftercommit::{Ok, Result};
use sqlx::{MySql, Postgres};

use crate::support::{Server, Site};

/// A statement that fails leaves the connection usable: its nested block heals, and the next statements get their own
/// answers.
macro_rules! is_refused_and_healed {
    ($database:ty, $query:expr) => {{
        let site = Site::<$database>::with_pool_of(1).await;
        site.db
            .atomic(async |tx| {
                <$database>::insert(tx, 1).await?;
                let refused: Result<()> = tx
                    .atomic(async |tx| {
                        $query.execute(&mut *tx).await?;
                        Ok(())
                    })
                    .await;
                let refused = refused.unwrap_err();
                assert!(!refused.is_connection_lost(), "{refused}");
                assert!(!refused.is_retryable(), "{refused}");
                <$database>::insert(tx, 2).await?;
                assert_eq!(<$database>::count(tx).await?, 2);
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(site.ids().await, [1, 2]);
    }};
}

#[tokio::test]
async fn a_wrong_number_of_parameters_is_refused_only_on_postgres() {
    is_refused_and_healed!(Postgres, sqlx::query("SELECT $1::int, $2::int").bind(1));
}

#[tokio::test]
async fn a_wrong_number_of_parameters_is_refused_only_on_mysql() {
    let queries = [
        sqlx::query::<MySql>("SELECT ?, ?").bind(1),
        sqlx::query("SELECT ?").bind(1).bind(2),
        sqlx::query("SELECT ?, ?").bind(1).persistent(false),
    ];
    let site = Site::<MySql>::with_pool_of(1).await;
    for query in queries {
        let block = site.db.atomic(async |tx| {
            MySql::insert(tx, 1).await?;
            query.execute(&mut *tx).await?;
            Ok(())
        });
        let refused = block.await.unwrap_err();
        assert!(
            !refused.is_connection_lost() && !refused.is_retryable(),
            "{refused}"
        );
        // The connection is closed, because sqlx would wait on it for ever; another one takes its place.
        assert!(site.ids().await.is_empty());
        site.db
            .atomic(async |tx| MySql::count(tx).await)
            .await
            .unwrap();
    }
}

/// A type that the server does not have.
struct Mood;

impl sqlx::Type<Postgres> for Mood {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        sqlx::postgres::PgTypeInfo::with_name("mood_of_nobody")
    }
}

impl sqlx::Encode<'_, Postgres> for Mood {
    fn encode_by_ref(
        &self,
        buffer: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> std::result::Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        <i32 as sqlx::Encode<'_, Postgres>>::encode_by_ref(&1, buffer)
    }
}

#[tokio::test]
async fn an_unknown_type_is_refused_only_on_postgres() {
    is_refused_and_healed!(Postgres, sqlx::query("SELECT $1").bind(Mood));
}

/// Swallows a statement's failure; the block must answer as the failure would have.
macro_rules! swallowed {
    ($database:ty, $site:expr, $sql:literal) => {
        $site
            .db
            .atomic(async |tx| {
                let failed = sqlx::query($sql).execute(&mut *tx).await;
                assert!(failed.is_err());
                Ok(())
            })
            .await
            .unwrap_err()
    };
}

macro_rules! a_lock_is_in_the_way {
    ($database:ty) => {{
        let site = Site::<$database>::open().await;
        site.db
            .atomic(async |tx| <$database>::insert(tx, 1).await)
            .await
            .unwrap();
        let mut holder = site.db.begin().await.unwrap();
        sqlx::query("SELECT id FROM item FOR UPDATE")
            .execute(&mut *holder)
            .await
            .unwrap();
        let broken = swallowed!($database, site, "SELECT id FROM item FOR UPDATE NOWAIT");
        assert!(broken.is_broken() && broken.is_conflict(), "{broken}");
        assert!(broken.is_busy() && broken.is_retryable(), "{broken}");
        assert!(
            broken.to_string().contains("run the block again"),
            "{broken}"
        );

        // The first try meets the lock, which is gone before the second one.
        let holder = tokio::sync::Mutex::new(Some(holder));
        site.db
            .retry(1)
            .atomic(async |tx| {
                let locked = sqlx::query("SELECT id FROM item FOR UPDATE NOWAIT")
                    .execute(&mut *tx)
                    .await;
                if let Some(holder) = holder.lock().await.take() {
                    assert!(locked.is_err());
                    holder.rollback().await;
                }
                locked?;
                Ok(())
            })
            .await
            .unwrap();
    }};
}

#[tokio::test]
async fn a_lock_that_times_out_is_a_conflict_only_on_postgres() {
    a_lock_is_in_the_way!(Postgres);
}

#[tokio::test]
async fn a_lock_that_times_out_is_a_conflict_only_on_mysql() {
    a_lock_is_in_the_way!(MySql);
}

#[tokio::test]
async fn a_swallowed_loss_of_the_connection_is_one_only_on_postgres() {
    let site = Site::<Postgres>::open().await;
    let lost = swallowed!(
        Postgres,
        site,
        "SELECT pg_terminate_backend(pg_backend_pid())"
    );
    assert!(lost.is_broken() && lost.is_connection_lost(), "{lost}");
    assert!(lost.is_retryable() && !lost.is_conflict(), "{lost}");
}

#[tokio::test]
async fn a_swallowed_loss_of_the_connection_is_one_only_on_mysql() {
    let site = Site::<MySql>::open().await;
    let lost = swallowed!(MySql, site, "KILL CONNECTION_ID()");
    assert!(lost.is_broken() && lost.is_connection_lost(), "{lost}");
    assert!(lost.is_retryable() && !lost.is_conflict(), "{lost}");
}
