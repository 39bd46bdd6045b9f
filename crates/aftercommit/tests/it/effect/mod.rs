//! Effects are written with their transaction, and only with it.

mod atomicity;
mod locks;
mod payload;
mod unique;
mod tables;

use aftercommit::{Delivery, Error, Result, Signals};
use serde::{Deserialize, Serialize};

use crate::support::{Outbox, Site};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noted(String);

fn noted(text: &str) -> Noted {
    Noted(text.into())
}

#[derive(Serialize, Deserialize)]
struct Anything(serde_json::Value);

async fn never(_: Delivery<Noted>) -> Result<()> {
    Err(Error::other("nobody delivers in these tests"))
}

async fn site<DB: Outbox>() -> Site<DB> {
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().durable("note", never));
    site.db.migrate().await.unwrap();
    site
}
