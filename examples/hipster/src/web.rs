//! The routes: a page, and two forms that lead back to it.

use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, body::Body};
use serde::{Deserialize, Serialize};

use crate::page;
use crate::receivers::Mode;
use crate::service::Service;
use crate::users::{BadInput, NewUser};

/// The service as a router.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/register", post(register))
        .route("/start-over", post(start_over))
        .route("/style.css", get(style))
        // A form of two short fields.
        .layer(DefaultBodyLimit::max(8 * 1024))
        .with_state(service)
}

/// What happened, carried through the redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    Registered,
    RolledBack,
    Taken,
    BadName,
    BadAddress,
    StartedOver,
    Broken,
}

/// The state of the page: what was chosen last, and what came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Shown {
    pub mode: Mode,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fails: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub happened: Option<Happened>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Registration {
    username: String,
    email: String,
    mode: Mode,
    /// A checkbox is there or not.
    fails: Option<String>,
}

async fn show(
    State(service): State<Service>,
    shown: Result<Query<Shown>, QueryRejection>,
) -> Response {
    // Somebody may have edited the address: then the page is shown as at first.
    let shown = shown.map(|Query(shown)| shown).unwrap_or_default();
    match service.views().await {
        Ok(views) => page::render(&views, &shown).into_response(),
        Err(error) => {
            let text = format!("database, mailbox or index cannot be read: {error}");
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}

async fn register(State(service): State<Service>, Form(form): Form<Registration>) -> Redirect {
    let (mode, fails) = (form.mode, form.fails.is_some());
    let happened = match NewUser::new(&form.username, &form.email) {
        Err(BadInput::Email) => Happened::BadAddress,
        Err(BadInput::Username) => Happened::BadName,
        Ok(user) => match service.register(user, mode, fails).await {
            Ok(()) => Happened::Registered,
            Err(error) => {
                let database = error
                    .as_database()
                    .and_then(|error| error.as_database_error());
                match database {
                    Some(database) if database.is_unique_violation() => Happened::Taken,
                    Some(_) => Happened::Broken,
                    None if fails => Happened::RolledBack,
                    None => Happened::Broken,
                }
            }
        },
    };
    back(&Shown {
        mode,
        fails,
        happened: Some(happened),
    })
}

async fn start_over(State(service): State<Service>) -> Redirect {
    let happened = if service.start_over().await.is_ok() {
        Happened::StartedOver
    } else {
        Happened::Broken
    };
    back(&Shown {
        happened: Some(happened),
        ..Shown::default()
    })
}

async fn style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css")],
        Body::from(page::STYLE),
    )
}

/// To the page, so that loading it again registers nobody twice.
fn back(shown: &Shown) -> Redirect {
    // Three plain words: nothing in them needs escaping, and serializing them cannot fail.
    let query = serde_urlencoded::to_string(shown).unwrap_or_default();
    Redirect::to(&format!("/?{query}"))
}
