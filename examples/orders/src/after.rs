//! The service.

use aftercommit::{Db, Error, Signals, guard, signal::with_state};
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::{Router, routing::post};
use serde::Deserialize;
use sqlx::SqlitePool;

use crate::Mailer;

#[derive(Clone, Debug)]
struct App {
    db: Db<sqlx::Sqlite>,
}

/// The service as a router.
pub fn router(pool: SqlitePool, mailer: Mailer) -> Router {
    let signals = Signals::new().after_commit("confirm", with_state(mailer, confirm));
    let db = Db::new(pool).with_signals(signals);
    let app = App { db };
    Router::new().route("/orders", post(order)).with_state(app)
}

/// What someone wants.
#[derive(Clone, Debug, Deserialize)]
pub struct Order {
    item: String,
    customer: String,
}

async fn order(State(app): State<App>, Form(order): Form<Order>) -> Result<StatusCode, StatusCode> {
    place(&app, order).await.map_err(|_| StatusCode::CONFLICT)?;
    Ok(StatusCode::CREATED)
}

async fn place(app: &App, order: Order) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut tx = app.db.begin().await?;
    sqlx::query("INSERT INTO orders (item, customer) VALUES (?, ?)")
        .bind(&order.item)
        .bind(&order.customer)
        .execute(&mut *tx)
        .await?;
    tx.send(order.clone()).await?;
    // A constraint keeps the stock from falling below nothing.
    sqlx::query("UPDATE stock SET pieces = pieces - 1 WHERE item = ?")
        .bind(&order.item)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

async fn confirm(mailer: &Mailer, order: &Order) -> aftercommit::Result<()> {
    guard::leaving("mail")?;
    let text = format!("{}: your {} is on its way", order.customer, order.item);
    mailer.send(text).await.map_err(Error::other)
}
