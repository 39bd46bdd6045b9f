//! Who is asking.

use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};

use crate::service::Service;

const NAME: &str = "session";

/// The name of who is logged in. A session that cannot be read is none.
pub(super) async fn username(service: &Service, cookies: &CookieJar) -> Option<String> {
    let token = token(cookies)?;
    match service.accounts.who(token).await {
        Ok(user) => user.map(|user| user.username),
        Err(error) => {
            tracing::error!(%error, "a session could not be read");
            None
        }
    }
}

pub(super) fn token(cookies: &CookieJar) -> Option<String> {
    cookies.get(NAME).map(|cookie| cookie.value().to_owned())
}

/// Out of reach of scripts, and not sent along from other sites: their forms cannot act for who is logged in here.
pub(super) fn cookie(token: String) -> Cookie<'static> {
    let cookie = Cookie::build((NAME, token));
    cookie
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .build()
}
