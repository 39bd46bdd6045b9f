//! Runs hooks: one after another, each behind its own wall.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

use futures_util::FutureExt;
use tracing::Instrument;

use super::{Hook, HookOutcome};
use crate::error::{Error, Kind, at};
use crate::observe::{Event, Observers};

/// Runs one hook to its end, whatever it does.
pub(crate) async fn run_one(observers: &Observers, hook: Hook) -> HookOutcome {
    let (name, place) = (hook.name.clone(), hook.place);
    let span = tracing::debug_span!("hook", name = name.as_deref(), place = %place);
    let began = Instant::now();

    let mut walled = pin!(
        AssertUnwindSafe(async move {
            observers.before(hook.name.as_deref())?;
            hook.call().await
        })
        .catch_unwind()
        .instrument(span)
    );
    let budget = observers.hook_budget;
    // Most hooks end with their first poll: only one that does not is worth a timer.
    let at_once = std::future::poll_fn(|context| Poll::Ready(walled.as_mut().poll(context))).await;
    let ended = match at_once {
        Poll::Ready(ended) => Ok(ended),
        Poll::Pending => tokio::time::timeout(budget, walled.as_mut()).await,
    };
    let ended = match ended {
        Ok(ended) => ended,
        Err(_) => {
            observers.observe(&Event::HookSlow {
                name: name.as_deref(),
                place,
                budget,
            });
            walled.await
        }
    };

    let result = ended.unwrap_or_else(|panic| {
        let what = match &name {
            Some(name) => format!("hook \"{name}\" panicked: {}", panic_text(&*panic)),
            None => format!(
                "the hook registered at {} panicked: {}",
                at(place),
                panic_text(&*panic)
            ),
        };
        Err(Error::new(Kind::Panicked { what }).into())
    });
    let outcome = HookOutcome {
        name,
        place,
        took: began.elapsed(),
        result,
    };
    observers.observe(&Event::HookEnded(&outcome));
    outcome
}

/// Runs a hook that has no transaction to wait for: on a task of its own, so that a caller who goes away
/// does not leave it half done.
pub(crate) async fn run_now(observers: Observers, hook: Hook) -> Result<(), Error> {
    let task = async move { run_one(&observers, hook).await }.in_current_span();
    match tokio::spawn(task).await {
        Ok(outcome) => outcome.result.map_err(Error::other),
        Err(_) => Err(Error::new(Kind::RuntimeGone {
            what: "a hook",
            after: None,
        })),
    }
}

/// What a panic said, where it said it in words.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text
    } else {
        "(not a text)"
    }
}
