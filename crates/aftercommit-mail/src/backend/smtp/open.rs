//! Opens a connection, as far as the server will take mail.

use std::time::Duration;

use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use tokio::net::TcpStream;

use super::dialogue::not_there;
use super::stream::Bounded;
use super::{Security, Settings, Smtp};
use crate::error::{Error, Result};
use crate::receipt::{Refusal, Why};

/// For one address of the server to answer.
const CONNECTING: Duration = Duration::from_secs(15);

pub(super) async fn open(settings: &Settings) -> Result<AsyncSmtpConnection> {
    let server = (settings.host.as_str(), settings.port);
    if settings.security == Security::Tls {
        let connecting = AsyncSmtpConnection::connect_tokio1(
            server,
            Some(CONNECTING),
            &settings.hello,
            Some(tls(settings)?),
            None,
        );
        let mut connection = connecting
            .await
            .map_err(|error| not_there("connecting", error))?;
        log_in(&mut connection, settings).await?;
        return Ok(connection);
    }
    let unreachable =
        |text: String| Error::backend(Refusal::new(Why::Unavailable, "connecting", &text));
    let tcp = match tokio::time::timeout(CONNECTING, TcpStream::connect(server)).await {
        Ok(Ok(tcp)) => tcp,
        Ok(Err(error)) => return Err(unreachable(error.to_string())),
        Err(_) => return Err(unreachable(format!("no answer within {CONNECTING:?}"))),
    };
    let stream = Box::new(Bounded::new(tcp));
    let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &settings.hello)
        .await
        .map_err(|error| not_there("the greeting", error))?;
    if settings.security == Security::StartTls {
        if !connection.can_starttls() {
            return Err(settings_error(
                "STARTTLS",
                "the server does not offer it, and clear text was not allowed",
            ));
        }
        connection
            .starttls(tls(settings)?, &settings.hello)
            .await
            .map_err(|error| not_there("STARTTLS", error))?;
    }
    log_in(&mut connection, settings).await?;
    Ok(connection)
}

async fn log_in(connection: &mut AsyncSmtpConnection, settings: &Settings) -> Result<()> {
    let Some(credentials) = &settings.credentials else {
        return Ok(());
    };
    if !connection.is_encrypted() {
        return Err(settings_error(
            "logging in",
            "a password is not sent over a connection that others can read",
        ));
    }
    let known = [Mechanism::Plain, Mechanism::Login];
    match connection.auth(&known, credentials).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() || error.is_client() => {
            Err(settings_error("logging in", &text(&error)))
        }
        Err(error) => Err(not_there("logging in", error)),
    }
}

fn tls(settings: &Settings) -> Result<TlsParameters> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    for pem in &settings.roots {
        let certificate = Certificate::from_pem(pem)
            .map_err(|error| settings_error("reading the root certificate", &text(&error)))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder
        .build_rustls()
        .map_err(|error| settings_error("TLS", &text(&error)))
}

pub(super) fn from_url(url: &str) -> Result<Smtp> {
    let wrong = |why: &str| Error::field("MAIL_URL", "url", why.to_owned());
    let (scheme, rest) = url
        .split_once("://")
        .ok_or_else(|| wrong("it begins with smtp:// or smtps://"))?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let security = match (scheme, query) {
        ("smtps", "") => Security::Tls,
        ("smtp", "tls=required") => Security::StartTls,
        ("smtp", "") => Security::None,
        ("smtp" | "smtps", _) => return Err(wrong("behind the ? stands tls=required, or nothing")),
        _ => return Err(wrong("it begins with smtp:// or smtps://")),
    };
    let rest = rest.trim_end_matches('/');
    let (login, server) = match rest.rsplit_once('@') {
        Some((login, server)) => (Some(login), server),
        None => (None, rest),
    };
    let usual = match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::None => 25,
    };
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) => (
            host,
            port.parse()
                .map_err(|_| wrong("the port is not a number"))?,
        ),
        None => (server, usual),
    };
    if host.is_empty() {
        return Err(wrong("it names no server"));
    }
    let smtp = Smtp::new(host, port, security);
    Ok(match login {
        None => smtp,
        Some(login) => {
            let (user, password) = login
                .split_once(':')
                .ok_or_else(|| wrong("a user needs a password"))?;
            let plain = |text: &str| {
                percent_decoded(text).ok_or_else(|| wrong("a % without two hexadecimal digits"))
            };
            smtp.with_credentials(plain(user)?, plain(password)?)
        }
    })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn settings_error(step: &'static str, text: &str) -> Error {
    Error::backend(Refusal::new(Why::Settings, step, text))
}

/// An error with what caused it, in a line.
pub(super) fn text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_say_what_is_wrong_and_never_the_password() {
        let smtp = from_url("smtps://ada:p%40ss@mail.example.com").expect("a URL");
        assert_eq!(
            (smtp.settings.host.as_str(), smtp.settings.port),
            ("mail.example.com", 465)
        );
        assert_eq!(
            from_url("smtp://localhost:1025")
                .expect("a URL")
                .settings
                .security,
            Security::None
        );
        for url in [
            "http://x",
            "smtp://",
            "smtp://a:secret@x:y",
            "smtp://x?tls=maybe",
            "smtp://secret@x",
            "smtp://a:%zzsecret@x",
        ] {
            let error = from_url(url).expect_err(url).to_string();
            assert!(
                error.starts_with("MAIL_URL") && !error.contains("secret"),
                "{error}"
            );
        }
    }
}
