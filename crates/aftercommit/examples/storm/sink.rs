//! Where effects go: a book outside of the database, and a counter inside of it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aftercommit::effect::durable;
use aftercommit::{BoxError, Error, Outcome, Result, RetryPolicy, Signals, Tx};
use aftercommit_harness::{Delivery, DeliveryLog, monotonic_now};
use serde::{Deserialize, Serialize};

use crate::database::Database;

/// Goes to the book.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) token: String,
    pub(crate) index: u32,
    pub(crate) key: Option<String>,
    pub(crate) number: u64,
}

/// Goes to the counter.
#[derive(Serialize, Deserialize)]
pub(crate) struct Counted(pub(crate) String);

/// The receivers' names.
pub(crate) const RECEIVERS: [&str; 3] = ["ordered", "free", "counted"];

/// One receiver for effects with a key, one for the others, and one that counts exactly.
pub(crate) fn signals<DB: Database>(folder: &Path) -> Result<Signals<DB>, BoxError> {
    let book = Arc::new(Mutex::new(DeliveryLog::create_in(folder)?));
    let again = RetryPolicy::attempts(1_000)
        .first(Duration::from_millis(2))
        .longest(Duration::from_millis(50));
    let [with_key, without, exactly] = RECEIVERS;
    let ordered = durable(with_key, into(&book))
        .filter(|sent: &Sent| sent.key.is_some())
        .key(|sent: &Sent| sent.key.clone().unwrap_or_default())
        .retry(again);
    let free = durable(without, into(&book))
        .filter(|sent: &Sent| sent.key.is_none())
        .retry(again);
    let counted = durable(exactly, count::<DB>).retry(again);
    Ok(Signals::new().with(ordered).with(free).with(counted))
}

/// A receiver whose target is not there.
pub(crate) fn stranded<DB: Database>() -> Signals<DB> {
    let nowhere = |_: aftercommit::Delivery<Sent>| {
        std::future::ready(Err::<(), _>(Error::other("connection refused")))
    };
    Signals::new().durable(RECEIVERS[1], nowhere)
}

async fn count<DB: Database>(tx: &mut Tx<DB>, counted: &Counted) -> Result<()> {
    DB::count(tx, &counted.0).await
}

type Answer = std::future::Ready<Result<Outcome>>;

fn into(
    book: &Arc<Mutex<DeliveryLog>>,
) -> impl Fn(aftercommit::Delivery<Sent>) -> Answer + Send + Sync + use<> {
    let book = Arc::clone(book);
    move |sent| std::future::ready(receive(&book, &sent))
}

fn receive(book: &Mutex<DeliveryLog>, sent: &aftercommit::Delivery<Sent>) -> Result<Outcome> {
    match fastrand::u8(..40) {
        0 => return Err(Error::other("fails on purpose")),
        1 => return Ok(Outcome::RetryAfter(Duration::from_millis(5))),
        _ => {}
    }
    let delivery = Delivery {
        effect: sent.id().as_uuid(),
        token: sent.token.clone(),
        index: sent.index,
        key: sent.key.clone(),
        place: sent.number,
        attempt: sent.attempt(),
        worker: std::process::id().to_string(),
        at: monotonic_now(),
    };
    let written = book
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .append(&delivery);
    written.map_err(Error::other)?;
    Ok(Outcome::Done)
}
