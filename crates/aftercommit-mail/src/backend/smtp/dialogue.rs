//! One message, one dialogue: MAIL, a RCPT for each recipient, DATA, the message.

use std::sync::atomic::{AtomicBool, Ordering};

use lettre::Address;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::{Error as SmtpError, response::Response};

use super::open::text;
use crate::check::Outgoing;
use crate::error::{Error, Result};
use crate::receipt::{Outcome, Refusal, Why};

/// Sends a message to these recipients. After an error nobody of them has it, or it says that this is in doubt.
pub(super) async fn send(
    connection: &mut AsyncSmtpConnection,
    mail: &Outgoing,
    recipients: &[Address],
    handed_over: &AtomicBool,
) -> Result<Vec<(String, Outcome)>> {
    let began = begin(connection, mail, recipients).await;
    if began.is_err() {
        connection.abort().await;
        return Err(began
            .err()
            .unwrap_or_else(|| refused_text("MAIL", "no answer")));
    }
    let mut outcomes = Vec::with_capacity(recipients.len());
    for to in recipients {
        let answer = connection.command(Rcpt::new(to.clone(), Vec::new())).await;
        let outcome = match answer {
            Ok(_) => Ok(()),
            // The server refused this one; the others have their own chance.
            Err(error) if is_answer(&error) && !is_goodbye(&error) => Err(refusal("RCPT", &error)),
            Err(error) => {
                connection.abort().await;
                return Err(refused("RCPT", error));
            }
        };
        outcomes.push((to.to_string(), outcome));
    }
    if outcomes.iter().all(|(_, outcome)| outcome.is_err()) {
        // Nothing to send. The transaction is given up with the connection.
        connection.abort().await;
        return Ok(outcomes);
    }
    if let Err(error) = connection.command(Data).await {
        connection.abort().await;
        return Err(refused("DATA", error));
    }
    handed_over.store(true, Ordering::Relaxed);
    match connection.message(&mail.wire).await {
        Ok(_) => Ok(outcomes),
        Err(error) => {
            connection.abort().await;
            if is_answer(&error) {
                return Err(refused("the end of the message", error));
            }
            let refusal = Refusal::new(Why::InDoubt, "the end of the message", &text(&error));
            Err(Error::caused(refusal, error))
        }
    }
}

async fn begin(
    connection: &mut AsyncSmtpConnection,
    mail: &Outgoing,
    recipients: &[Address],
) -> Result<Response> {
    let mut parameters = Vec::new();
    let international = |address: &Address| !AsRef::<str>::as_ref(address).is_ascii();
    if international(&mail.from) || recipients.iter().any(international) {
        if !connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight)
        {
            let why = "an address has letters outside of ASCII before the @, and the server does not take those (SMTPUTF8)";
            return Err(Error::backend(Refusal::new(Why::Never, "MAIL", why)));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !mail.wire.is_ascii() {
        if !connection
            .server_info()
            .supports_feature(Extension::EightBitMime)
        {
            return Err(refused_text(
                "MAIL",
                "the message is not ASCII, and the server does not take that (8BITMIME)",
            ));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let command = Mail::new(Some(mail.from.clone()), parameters);
    connection
        .command(command)
        .await
        .map_err(|error| refused("MAIL", error))
}

fn refused_text(step: &'static str, text: &str) -> Error {
    Error::backend(Refusal::new(Why::Never, step, text))
}

/// The server's error as one about the whole message.
pub(super) fn refused(step: &'static str, error: SmtpError) -> Error {
    Error::caused(refusal(step, &error), error)
}

/// The server's error before this mail was spoken of: whatever it says, it says to every mail.
pub(super) fn not_there(step: &'static str, error: SmtpError) -> Error {
    let mut refusal = refusal(step, &error);
    refusal.why = match refusal.why {
        Why::Later => Why::Unavailable,
        // 554 for a greeting: nobody's mail is taken here.
        _ => Why::Settings,
    };
    Error::caused(refusal, error)
}

fn refusal(step: &'static str, error: &SmtpError) -> Refusal {
    let why = match error {
        error if error.is_tls() || is_bad_tls(error) => Why::Settings,
        error if error.is_permanent() => Why::Never,
        // 4xx, and whatever happens to a connection before the message was handed over.
        _ => Why::Later,
    };
    Refusal::new(why, step, &text(error))
}

/// A certificate that is not trusted comes as an error of the connection, with rustls's own inside.
fn is_bad_tls(error: &SmtpError) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let io = cause.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::InvalidData) {
            return true;
        }
        source = cause.source();
    }
    false
}

fn is_answer(error: &SmtpError) -> bool {
    error.is_transient() || error.is_permanent()
}

/// 421: the server closes the connection, whatever it was asked (RFC 5321, section 3.8).
fn is_goodbye(error: &SmtpError) -> bool {
    error.status().is_some_and(|code| code.to_string() == "421")
}
