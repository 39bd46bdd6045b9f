//! The front page: registering, and what came of it.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::{Deserialize, Serialize};

use super::{back, broken, session};
use crate::page;
use crate::receivers::Mode;
use crate::service::Service;
use crate::users::{BadInput, NewUser};

/// What happened, carried through the redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Happened {
    Registered,
    Untold,
    RolledBack,
    Taken,
    BadName,
    BadAddress,
    BadPassword,
    StartedOver,
    Broken,
}

/// The state of the page: what was chosen last, and what came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Shown {
    pub(crate) mode: Mode,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) fails: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) happened: Option<Happened>,
    /// How often the page has looked again by itself.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) looked: u8,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

impl Shown {
    /// Where the page is that looks once more.
    pub(crate) fn looked_again(&self) -> String {
        let next = Self {
            looked: self.looked.saturating_add(1),
            ..self.clone()
        };
        // Plain words and a number.
        let query = serde_urlencoded::to_string(next).unwrap_or_default();
        format!("/?{query}")
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Registration {
    username: String,
    email: String,
    password: String,
    mode: Mode,
    /// A checkbox is there or not.
    fails: Option<String>,
}

pub(super) async fn show(
    State(service): State<Service>,
    cookies: CookieJar,
    shown: Result<Query<Shown>, QueryRejection>,
) -> Response {
    // Somebody may have edited the address: then the page is shown as at first.
    let mut shown = shown.map(|Query(shown)| shown).unwrap_or_default();
    let only_commits = service.only_commits();
    if only_commits {
        shown.mode = Mode::Durable;
    }
    let who = session::username(&service, &cookies).await;
    match service.views().await {
        Ok(views) => {
            page::home::render(&views, &shown, who.as_deref(), only_commits).into_response()
        }
        Err(error) => broken(error),
    }
}

pub(super) async fn register(
    State(service): State<Service>,
    Form(form): Form<Registration>,
) -> Redirect {
    let (mode, fails) = (form.mode, form.fails.is_some());
    let happened = match NewUser::new(&form.username, &form.email, &form.password) {
        Err(BadInput::Email) => Happened::BadAddress,
        Err(BadInput::Username) => Happened::BadName,
        Err(BadInput::Password) => Happened::BadPassword,
        Ok(user) => match service.register(user, mode, fails).await {
            Ok(true) => Happened::Registered,
            Ok(false) => Happened::Untold,
            Err(error) => why(&error, fails),
        },
    };
    let shown = Shown {
        mode,
        fails,
        happened: Some(happened),
        looked: 0,
    };
    back("/", &shown)
}

fn why(error: &aftercommit::Error, fails: bool) -> Happened {
    let database = error
        .as_database()
        .and_then(|error| error.as_database_error());
    match database {
        Some(database) if database.is_unique_violation() => return Happened::Taken,
        None if fails => return Happened::RolledBack,
        _ => {}
    }
    tracing::error!(%error, "nobody was registered");
    Happened::Broken
}

pub(super) async fn start_over(State(service): State<Service>) -> Response {
    if let Err(error) = service.start_over().await {
        return broken(error);
    }
    let shown = Shown {
        happened: Some(Happened::StartedOver),
        ..Shown::default()
    };
    back("/", &shown).into_response()
}
