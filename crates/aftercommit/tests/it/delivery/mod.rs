//! Effects are delivered: from the commit to the worker, to the receiver, and to what it answers.

mod handover;
mod receivers;
mod forms;
mod payload;
mod manner;
mod order;
mod retries;
mod reasons;
mod unique;
mod outages;
mod transactional;
mod leases;
mod liveness;
mod workers;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use aftercommit::delivery::Running;
use aftercommit::signal::IntoReceiver;
use aftercommit::{Db, Delivery, Ok, Result, RetryPolicy, Signals, Worker};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::support::{Outbox, Sink, Site};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noted(String);

fn noted(text: impl ToString) -> Noted {
    Noted(text.to_string())
}

/// A receiver that puts what it is delivered into a sink.
fn into(
    sink: &Sink,
) -> impl Fn(Delivery<Noted>) -> std::future::Ready<Result<()>> + Send + Sync + use<> {
    let sink = sink.clone();
    move |delivery| {
        sink.put(&delivery.0);
        std::future::ready(Ok(()))
    }
}

/// Delivers when it is told to.
fn when_told(
    sink: &Sink,
    go: &Arc<Semaphore>,
) -> impl Fn(Delivery<Noted>) -> futures_core::future::BoxFuture<'static, Result<()>> + Send + Sync + use<>
{
    let (sink, go) = (sink.clone(), Arc::clone(go));
    move |delivery| {
        let (sink, go) = (sink.clone(), Arc::clone(&go));
        Box::pin(async move {
            sink.put(&delivery.0);
            go.acquire().await.unwrap().forget();
            Ok(())
        })
    }
}

fn quickly(attempts: u32) -> RetryPolicy {
    RetryPolicy::attempts(attempts).first(Duration::from_millis(1))
}

/// Receivers on a database of a test's own, and a worker that is quick to look.
async fn site<DB: Outbox>(receivers: impl IntoReceiver<DB>) -> (Site<DB>, Running) {
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(receivers));
    site.db.migrate().await.unwrap();
    let running = worker(&site.db).await;
    (site, running)
}

fn quick<DB: Outbox>(db: &Db<DB>) -> Worker<DB> {
    Worker::new(db)
        .poll_every(Duration::from_millis(50))
        .lease(Duration::from_secs(2))
}

async fn worker<DB: Outbox>(db: &Db<DB>) -> Running {
    quick(db).start().await.unwrap()
}
