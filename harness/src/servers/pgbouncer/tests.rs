#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

use super::super::Postgres;
use super::*;

/// Two clients with no cache of statements, one after the other: the pooler gives both the same server connection.
async fn two_clients(pooler: &PgBouncer) -> [PgConnection; 2] {
    let options: PgConnectOptions = pooler.url("postgres").parse().unwrap();
    let options = options.statement_cache_capacity(0);
    [
        PgConnection::connect_with(&options).await.unwrap(),
        PgConnection::connect_with(&options).await.unwrap(),
    ]
}

async fn ask(client: &mut PgConnection, persistent: bool) -> sqlx::Result<i32> {
    let mut transaction = client.begin().await?;
    let answer = sqlx::query_scalar("SELECT $1::int")
        .bind(7)
        .persistent(persistent)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(answer)
}

#[tokio::test]
async fn in_session_mode_a_client_needs_nothing_special() {
    let postgres = Postgres::start().unwrap();
    let pooler = PgBouncer::start(postgres.port(), PoolMode::Session).unwrap();
    for mut client in two_clients(&pooler).await {
        assert_eq!(ask(&mut client, true).await.unwrap(), 7);
    }
}

#[tokio::test]
async fn in_transaction_mode_only_a_statement_without_a_name_is_safe() {
    let postgres = Postgres::start().unwrap();
    let pooler = PgBouncer::start(postgres.port(), PoolMode::Transaction).unwrap();
    let [mut one, mut other] = two_clients(&pooler).await;
    assert_eq!(ask(&mut one, false).await.unwrap(), 7);
    assert_eq!(ask(&mut other, false).await.unwrap(), 7);

    assert_eq!(ask(&mut one, true).await.unwrap(), 7);
    let clash = ask(&mut other, true).await.unwrap_err().to_string();
    assert!(clash.contains("already exists"), "{clash}");
}

#[tokio::test]
async fn in_transaction_mode_a_statement_without_a_transaction_may_be_somebody_elses() {
    async fn ask_alone(client: &mut PgConnection, statement: &'static str) -> sqlx::Result<i32> {
        let query = sqlx::query_scalar(statement).bind(7).persistent(false);
        query.fetch_one(client).await
    }
    let postgres = Postgres::start().unwrap();
    let pooler = PgBouncer::start(postgres.port(), PoolMode::Transaction).unwrap();
    let [mut one, mut other] = two_clients(&pooler).await;
    // Which of the two is first at each step is up to the network; some round gets them crossed.
    for _ in 0..10_000 {
        let (plus, minus) = tokio::join!(
            ask_alone(&mut one, "SELECT $1::int"),
            ask_alone(&mut other, "SELECT -$1::int"),
        );
        if plus.is_ok_and(|plus| plus == -7) || minus.is_ok_and(|minus| minus == 7) {
            return;
        }
    }
    panic!("each client was answered its own question: has the pooler learned to prepare?");
}

#[tokio::test]
async fn in_statement_mode_a_transaction_is_refused() {
    let postgres = Postgres::start().unwrap();
    let pooler = PgBouncer::start(postgres.port(), PoolMode::Statement).unwrap();
    let [mut client, _] = two_clients(&pooler).await;
    let refused = ask(&mut client, false).await.unwrap_err().to_string();
    assert!(
        refused.contains("transaction blocks not allowed"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_search_path_that_would_be_lost_is_refused() {
    let postgres = Postgres::start().unwrap();
    let pooler = PgBouncer::start(postgres.port(), PoolMode::Transaction).unwrap();
    let options: PgConnectOptions = pooler.url("postgres").parse().unwrap();
    let options = options.options([("search_path", "elsewhere")]);
    let refused = PgConnection::connect_with(&options).await.unwrap_err();
    assert!(refused.to_string().contains("options"), "{refused}");
}
