//! Logging in and out.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::{Deserialize, Serialize};

use super::{back, broken, session};
use crate::page;
use crate::service::Service;

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Tried {
    wrong: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Credentials {
    username: String,
    password: String,
}

pub(super) async fn show(
    State(service): State<Service>,
    cookies: CookieJar,
    tried: Result<Query<Tried>, QueryRejection>,
) -> impl IntoResponse {
    let who = session::username(&service, &cookies).await;
    let wrong = tried.is_ok_and(|tried| tried.wrong == Some(true));
    page::login::render(who.as_deref(), wrong)
}

pub(super) async fn log_in(
    State(service): State<Service>,
    cookies: CookieJar,
    Form(given): Form<Credentials>,
) -> Response {
    let username = given.username.trim().to_owned();
    // More than a password can have would only be hashed for nothing, and some databases refuse a NUL.
    let plausible = given.password.chars().count() <= 200 && !username.contains('\0');
    let token = match plausible {
        true => service.accounts.log_in(username, given.password).await,
        false => Ok(None),
    };
    match token {
        Ok(Some(token)) => {
            (cookies.add(session::cookie(token)), Redirect::to("/search")).into_response()
        }
        Ok(None) => back("/login", &Tried { wrong: Some(true) }).into_response(),
        Err(error) => broken(error),
    }
}

pub(super) async fn log_out(State(service): State<Service>, cookies: CookieJar) -> Response {
    if let Some(token) = session::token(&cookies)
        && let Err(error) = service.accounts.log_out(token).await
    {
        return broken(error);
    }
    (
        cookies.remove(session::cookie(String::new())),
        Redirect::to("/"),
    )
        .into_response()
}
