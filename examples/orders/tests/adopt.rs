//! The two services side by side, and what lies between them.

use aftercommit::guard;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use orders::{Mailer, after, before};
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use tower::ServiceExt;

async fn stock_of_one() -> SqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await
        .expect("opened");
    let tables = "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT, customer TEXT);
        CREATE TABLE stock (item TEXT PRIMARY KEY, pieces INTEGER CHECK (pieces >= 0));
        INSERT INTO stock VALUES ('lamp', 1)";
    sqlx::raw_sql(tables).execute(&pool).await.expect("created");
    pool
}

async fn order(service: &Router, customer: &str) -> StatusCode {
    let request = Request::post("/orders")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("item=lamp&customer={customer}")))
        .expect("a request");
    service
        .clone()
        .oneshot(request)
        .await
        .expect("an answer")
        .status()
}

/// Orders the only lamp twice: orders taken, and mails sent.
async fn two_orders_for_one_lamp(service: fn(SqlitePool, Mailer) -> Router) -> (i64, Vec<String>) {
    let (pool, mailer) = (stock_of_one().await, Mailer::default());
    let service = service(pool.clone(), mailer.clone());
    assert_eq!(order(&service, "Ada").await, StatusCode::CREATED);
    assert_eq!(order(&service, "Bob").await, StatusCode::CONFLICT);
    let orders = sqlx::query_scalar("SELECT COUNT(*) FROM orders")
        .fetch_one(&pool)
        .await
        .expect("counted");
    (orders, mailer.sent())
}

#[tokio::test]
async fn before_a_customer_is_told_of_an_order_that_is_not_there() {
    let (orders, mails) = two_orders_for_one_lamp(before::router).await;
    assert_eq!((orders, mails.len()), (1, 2));
}

#[tokio::test]
async fn after_only_what_is_true_is_told() {
    guard::set_policy(guard::Policy::Refuse);
    let (orders, mails) = two_orders_for_one_lamp(after::router).await;
    assert_eq!(orders, 1);
    assert_eq!(mails, ["Ada: your lamp is on its way"]);
}

/// The lines of `text` that `other` does not have.
fn own<'t>(text: &'t str, other: &str) -> Vec<&'t str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .filter(|line| !other.lines().any(|known| known.trim() == *line))
        .collect()
}

#[test]
fn the_page_shows_the_real_difference_and_it_is_ten_lines_at_most() {
    let (before, after) = (
        include_str!("../src/before.rs"),
        include_str!("../src/after.rs"),
    );
    let page = include_str!("../../../docs/from-sqlx.md");
    let block = page
        .split("```diff\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a diff");
    let shown = |sign: char| -> Vec<&str> {
        block
            .lines()
            .filter_map(|line| line.strip_prefix(sign))
            .map(str::trim)
            .collect()
    };
    assert_eq!(shown('+'), own(after, before));
    assert_eq!(shown('-'), own(before, after));
    assert!(shown('+').len() <= 10, "{} lines", shown('+').len());
}
