//! The routes: pages, and forms that lead back to them. No script is needed for any of it.

mod accounts;
mod home;
mod reading;
mod session;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, body::Body};
use serde::Serialize;

use crate::page;
use crate::service::Service;

pub(crate) use home::{Happened, Shown};

/// The service as a router.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/", get(home::show))
        .route("/register", post(home::register))
        .route("/start-over", post(home::start_over))
        .route("/login", get(accounts::show).post(accounts::log_in))
        .route("/logout", post(accounts::log_out))
        .route("/search", get(reading::search))
        .route("/mail", get(reading::mails))
        .route("/mail/{id}", get(reading::mail))
        .route("/style.css", get(style))
        .fallback(async || gone())
        .layer(axum::middleware::map_response(guarded))
        // Forms of a few short fields.
        .layer(DefaultBodyLimit::max(8 * 1024))
        .with_state(service)
}

async fn style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css")],
        Body::from(page::STYLE),
    )
}

/// Nothing from elsewhere, no script, no frame around it.
async fn guarded(mut response: Response) -> Response {
    let policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    response
}

/// To a page, so that loading it again does nothing twice.
fn back(path: &str, shown: &impl Serialize) -> Redirect {
    // Plain words: nothing in them needs escaping, and serializing them cannot fail.
    let query = serde_urlencoded::to_string(shown).unwrap_or_default();
    Redirect::to(&format!("{path}?{query}"))
}

fn gone() -> Response {
    (StatusCode::NOT_FOUND, page::gone()).into_response()
}

fn broken(error: impl std::fmt::Display) -> Response {
    tracing::error!(%error, "a page could not be made");
    (StatusCode::INTERNAL_SERVER_ERROR, page::broken()).into_response()
}
