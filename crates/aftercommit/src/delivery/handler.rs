//! Calls a durable receiver: reads what was written, and puts a wall and a limit around the call.

use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use futures_core::future::BoxFuture;
use futures_util::FutureExt;

use super::lifecycle::Ended;
use super::reason::{self, chain};
use super::{Lease, Leased, Outcome};
use crate::commit::panic_text;
use crate::effect::{About, Delivery, Durable, Given, Manner, Shape, Written};
use crate::error::{BoxError, Error, Kind, Result};
use crate::store::{Dialect, Outbox};

/// A durable receiver whose signal and form do not matter any more.
pub(crate) trait AnyHandler<DB: Dialect>: Send + Sync {
    /// Delivers, and says how each ended. Never panics.
    fn run<'a>(
        &'a self,
        outbox: &'a Outbox<DB>,
        manner: &'a Manner,
        call: Vec<Leased>,
    ) -> BoxFuture<'a, Vec<(Lease, Ended)>>;
}

pub(crate) struct Handler<F, S, Form>(F, PhantomData<fn(S, Form)>);

impl<F, S, Form> Handler<F, S, Form> {
    pub(crate) fn new(receiver: F) -> Self {
        Self(receiver, PhantomData)
    }
}

impl<DB, S, F, Form> AnyHandler<DB> for Handler<F, S, Form>
where
    DB: Dialect,
    S: Written,
    F: Durable<DB, S, Form>,
    Form: 'static,
{
    fn run<'a>(
        &'a self,
        outbox: &'a Outbox<DB>,
        manner: &'a Manner,
        call: Vec<Leased>,
    ) -> BoxFuture<'a, Vec<(Lease, Ended)>> {
        async move {
            // An error of a batch is told of each effect, and must not quote the payload of another.
            let payloads: Option<String> =
                (call.len() > 1).then(|| call.iter().map(|leased| &*leased.payload).collect());
            let (mut ended, mut leases, mut deliveries) = (Vec::new(), Vec::new(), Vec::new());
            for leased in call {
                let lease = leased.lease;
                match read(leased, manner.version) {
                    Ok(delivery) => {
                        leases.push(lease);
                        deliveries.push(delivery);
                    }
                    Err(why) => ended.push((lease, why)),
                }
            }
            match F::SHAPE {
                Shape::Batch if !deliveries.is_empty() => {
                    let answers = self.call(manner, Given::Batch(deliveries)).await;
                    let answers = spread(leases, answers).into_iter().map(|(lease, how)| {
                        let how = match &payloads {
                            Some(payloads) => reason::of_batch(how, payloads),
                            None => how,
                        };
                        (lease, how)
                    });
                    ended.extend(answers);
                }
                Shape::Batch => {}
                // Never more than one in these forms, as their batch size is one.
                Shape::One => {
                    for (lease, delivery) in leases.into_iter().zip(deliveries) {
                        let answers = self.call(manner, Given::One(delivery)).await;
                        ended.extend(spread(vec![lease], answers));
                    }
                }
                Shape::InTransaction => {
                    for (lease, delivery) in leases.into_iter().zip(deliveries) {
                        ended.push((lease, self.inside(outbox, manner, lease, delivery).await));
                    }
                }
            }
            ended
        }
        .boxed()
    }
}

impl<F, S, Form> Handler<F, S, Form> {
    async fn call<DB: Dialect>(
        &self,
        manner: &Manner,
        given: Given<'_, DB, S>,
    ) -> std::result::Result<Vec<Outcome>, Ended>
    where
        S: Written,
        F: Durable<DB, S, Form>,
    {
        walled(manner.timeout, self.0.call(given)).await
    }

    /// The handler's writes and the end of its effect are committed as one.
    async fn inside<DB: Dialect>(
        &self,
        outbox: &Outbox<DB>,
        manner: &Manner,
        lease: Lease,
        delivery: Delivery<S>,
    ) -> Ended
    where
        S: Written,
        F: Durable<DB, S, Form>,
    {
        let settle = match outbox.settle_query(lease) {
            Ok(settle) => settle,
            Err(error) => return Ended::Failed(error.to_string()),
        };
        let mut lost = false;
        let block = outbox.db.atomic(async |tx| -> Result<()> {
            self.0
                .call(Given::Inside(tx, delivery))
                .await
                .map_err(Error::other)?;
            let mut settled = 0;
            tx.run_statement(settle, |item| {
                settled += item.left().map_or(0, |ended| DB::affected(&ended));
            })
            .await?;
            lost = settled == 0;
            if lost {
                return Err(Error::new(Kind::LeaseLost));
            }
            Ok(())
        });
        let block = block.map(|ended| ended.map_err(BoxError::from));
        match walled(manner.timeout, block).await {
            Ok(()) => Ended::Settled,
            Err(_) if lost => Ended::Lost,
            Err(ended) => ended,
        }
    }
}

/// Runs a call of the user's code: a panic and a call without an end are failures.
async fn walled<T>(
    timeout: Duration,
    call: impl Future<Output = std::result::Result<T, BoxError>> + Send,
) -> std::result::Result<T, Ended> {
    let walled = AssertUnwindSafe(call).catch_unwind();
    match tokio::time::timeout(timeout, walled).await {
        Err(_) => Err(Ended::TimedOut(timeout)),
        Ok(Err(panic)) => Err(Ended::Failed(format!("PANICKED: {}", panic_text(&*panic)))),
        Ok(Ok(Err(error))) => Err(Ended::Failed(chain(&*error))),
        Ok(Ok(Ok(answer))) => Ok(answer),
    }
}

/// One answer for each.
fn spread(
    leases: Vec<Lease>,
    answers: std::result::Result<Vec<Outcome>, Ended>,
) -> Vec<(Lease, Ended)> {
    match answers {
        Ok(answers) if answers.len() == leases.len() => {
            let answers = answers.into_iter().map(Ended::Answered);
            leases.into_iter().zip(answers).collect()
        }
        Ok(answers) => {
            let why = format!(
                "the receiver answered {} outcomes to {} deliveries: return one for each, in their order",
                answers.len(),
                leases.len()
            );
            let each = |lease| (lease, Ended::Failed(why.clone()));
            leases.into_iter().map(each).collect()
        }
        Err(ended) => leases
            .into_iter()
            .map(|lease| (lease, ended.clone()))
            .collect(),
    }
}

fn read<S: Written>(leased: Leased, version: u32) -> std::result::Result<Delivery<S>, Ended> {
    if leased.version != version {
        let why = format!(
            "DECODE_FAILED: the payload has version {} and the receiver reads version {version}",
            leased.version
        );
        // While a release is rolled out, the old processes meet what the new ones have written.
        return Err(if leased.version > version {
            Ended::TooNew(why)
        } else {
            Ended::Unreadable(why)
        });
    }
    let signal = serde_json::from_str(&leased.payload).map_err(|error| {
        Ended::Unreadable(format!(
            "DECODE_FAILED: the payload of version {version} is not what the receiver reads: {error}"
        ))
    })?;
    let headers = leased.headers.as_deref();
    let about = About {
        id: leased.lease.id,
        receiver: leased.receiver.to_string(),
        key: leased.key,
        attempt: leased.failures.saturating_add(1),
        created_at: SystemTime::UNIX_EPOCH
            + Duration::from_micros(leased.created_at.try_into().unwrap_or_default()),
        headers: headers
            .and_then(|headers| serde_json::from_str(headers).ok())
            .unwrap_or_default(),
    };
    Ok(Delivery { signal, about })
}
