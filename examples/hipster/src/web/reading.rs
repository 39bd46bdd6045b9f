//! What others see: search, and the outgoing mail.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::{broken, gone, session};
use crate::page;
use crate::service::Service;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    page: Option<usize>,
}

pub(super) async fn search(
    State(service): State<Service>,
    cookies: CookieJar,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let who = session::username(&service, &cookies).await;
    let found = service.search(&asked.q, asked.page.unwrap_or(1)).await;
    let known = service.accounts.usernames().await;
    match (found, known) {
        (Ok(found), Ok(known)) => {
            page::search::render(&asked.q, &found, &known, who.as_deref()).into_response()
        }
        (Err(error), _) => broken(error),
        (_, Err(error)) => broken(error),
    }
}

pub(super) async fn mails(State(service): State<Service>, cookies: CookieJar) -> Response {
    let who = session::username(&service, &cookies).await;
    match (service.mails(), service.accounts.usernames().await) {
        (Ok(mails), Ok(known)) => page::mail::list(&mails, &known, who.as_deref()).into_response(),
        (Err(error), _) => broken(error),
        (_, Err(error)) => broken(error),
    }
}

pub(super) async fn mail(
    State(service): State<Service>,
    cookies: CookieJar,
    Path(id): Path<String>,
) -> Response {
    let who = session::username(&service, &cookies).await;
    match service.mail(&id) {
        Some(mail) => page::mail::one(&mail, who.as_deref()).into_response(),
        None => gone(),
    }
}
