//! Mail to a server that sends it on.

mod dialogue;
mod open;
mod stream;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_core::future::BoxFuture;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::Mutex;

use super::Backend;
use crate::check::Outgoing;
use crate::error::{Error, Result};
use crate::receipt::{Outcome, Receipt, Refusal, Why};

/// How the connection is kept from others' eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Security {
    /// Encrypted from the first byte (port 465).
    Tls,
    /// Encrypted before anything is said (port 587); a server that does not offer it is an error, never clear text.
    StartTls,
    /// Clear text: for a server on this machine.
    None,
}

/// Sends to an SMTP server.
///
/// Each recipient has an outcome of its own. A connection is kept for the next message. Messages go out one after
/// another: for many, open several.
#[derive(Clone)]
pub struct Smtp {
    settings: Arc<Settings>,
    /// The connection of the message before.
    idle: Arc<Mutex<Option<AsyncSmtpConnection>>>,
}

#[derive(Clone)]
pub(super) struct Settings {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    hello: ClientId,
    /// Additional roots of trust.
    roots: Vec<Vec<u8>>,
    /// For the whole of one message.
    patience: Duration,
}

/// RFC 5321, section 4.5.3.1.8: a server takes at least 100 recipients of one message.
const RECIPIENTS_AT_ONCE: usize = 100;

impl Smtp {
    /// A server, by the name that its certificate has.
    pub fn new(host: impl Into<String>, port: u16, security: Security) -> Self {
        let settings = Settings {
            host: host.into(),
            port,
            security,
            credentials: None,
            hello: ClientId::default(),
            roots: Vec::new(),
            patience: Duration::from_secs(60),
        };
        Self {
            settings: Arc::new(settings),
            idle: Arc::default(),
        }
    }

    /// `smtps://user:password@host:465`, `smtp://host:587?tls=required` (STARTTLS), `smtp://localhost:25`.
    ///
    /// # Errors
    ///
    /// A URL that says something else. The text does not repeat it, because of the password.
    pub fn from_url(url: &str) -> Result<Self> {
        open::from_url(url)
    }

    /// Logs in. Refused on a connection that is not encrypted.
    pub fn with_credentials(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        let credentials = Credentials::new(user.into(), password.into());
        self.with(|settings| settings.credentials = Some(credentials))
    }

    /// The name to say hello with.
    pub fn with_hello(self, name: impl Into<String>) -> Self {
        let hello = ClientId::Domain(name.into());
        self.with(|settings| settings.hello = hello)
    }

    /// Trusts this certificate too, in PEM.
    pub fn with_root_certificate(self, pem: impl Into<Vec<u8>>) -> Self {
        let pem = pem.into();
        self.with(|settings| settings.roots.push(pem))
    }

    /// How long one message may take, connecting included: 60 s if nothing is said.
    pub fn with_patience(self, patience: Duration) -> Self {
        self.with(|settings| settings.patience = patience)
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = (*self.settings).clone();
        change(&mut settings);
        Self {
            settings: Arc::new(settings),
            idle: Arc::default(),
        }
    }

    async fn deliver(&self, mail: &Outgoing, handed_over: &AtomicBool) -> Result<Receipt> {
        let mut idle = self.idle.lock().await;
        // Taken out, so that a message which is dropped half-way takes its connection with it.
        let mut connection = match still_open(idle.take()).await {
            Some(connection) => connection,
            None => open::open(&self.settings).await?,
        };
        let mut outcomes = Vec::with_capacity(mail.recipients.len());
        for recipients in mail.recipients.chunks(RECIPIENTS_AT_ONCE) {
            // Given up after a part of the recipients of whom the server wanted none.
            if connection.has_broken() {
                connection = match open::open(&self.settings).await {
                    Ok(connection) => connection,
                    Err(error) => return Ok(told_so_far(mail, outcomes, &error)),
                };
            }
            let told = dialogue::send(&mut connection, mail, recipients, handed_over).await;
            match told {
                Ok(told) => outcomes.extend(told),
                // Nobody has it so far: one error says it all.
                Err(error) if outcomes.is_empty() => return Err(error),
                Err(error) => return Ok(told_so_far(mail, outcomes, &error)),
            }
        }
        if !connection.has_broken() {
            *idle = Some(connection);
        }
        Ok(Receipt::new(outcomes))
    }
}

/// Some recipients have their outcome; the error is that of all behind them.
fn told_so_far(mail: &Outgoing, mut outcomes: Vec<(String, Outcome)>, error: &Error) -> Receipt {
    let step = "a later part of the recipients";
    let refusal = Refusal::new(error.why().unwrap_or(Why::Never), step, &error.to_string());
    let rest = mail.recipients[outcomes.len()..].iter();
    outcomes.extend(rest.map(|to| (to.to_string(), Err(refusal.clone()))));
    Receipt::new(outcomes)
}

async fn still_open(idle: Option<AsyncSmtpConnection>) -> Option<AsyncSmtpConnection> {
    let mut connection = idle?;
    connection.test_connected().await.then_some(connection)
}

impl Backend for Smtp {
    fn send<'a>(&'a self, mail: &'a Outgoing) -> BoxFuture<'a, Result<Receipt>> {
        Box::pin(async move {
            let patience = self.settings.patience;
            let handed_over = AtomicBool::new(false);
            match tokio::time::timeout(patience, self.deliver(mail, &handed_over)).await {
                Ok(result) => result,
                Err(_) => {
                    let text = format!("no end after {patience:?}");
                    // Once the server has begun to take a message, it may have taken the whole of it.
                    let why = match handed_over.load(Ordering::Relaxed) {
                        true => Why::InDoubt,
                        false => Why::Later,
                    };
                    Err(Error::backend(Refusal::new(
                        why,
                        "waiting for the server",
                        &text,
                    )))
                }
            }
        })
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp")
            .field("host", &self.settings.host)
            .field("port", &self.settings.port)
            .field("security", &self.settings.security)
            .finish_non_exhaustive()
    }
}
