//! Mail on the terminal, for development.

use futures_core::future::BoxFuture;
use tokio::io::AsyncWriteExt;

use super::Backend;
use crate::check::Outgoing;
use crate::error::{Error, Result};
use crate::receipt::{Receipt, Refusal, Why};

/// Prints each message to standard output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Console;

impl Backend for Console {
    fn send<'a>(&'a self, mail: &'a Outgoing) -> BoxFuture<'a, Result<Receipt>> {
        Box::pin(async move {
            let mut text = mail.wire().to_vec();
            text.extend_from_slice(b"\r\n");
            let mut out = tokio::io::stdout();
            let printed = async {
                out.write_all(&text).await?;
                out.flush().await
            };
            printed.await.map_err(|error| {
                Error::caused(
                    Refusal::new(Why::Later, "standard output", &error.to_string()),
                    error,
                )
            })?;
            Ok(Receipt::all(mail.recipients()))
        })
    }
}
