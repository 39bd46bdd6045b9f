//! The connection of a transaction, and the statement that is running on it.
//!
//! It is taken from the pool with the first statement, in whose company BEGIN is sent.
//!
//! A running statement owns the connection and is owned by the transaction, not by the caller who waits for
//! it. A caller that stops waiting (a timeout, `select!`) leaves it where it is, and the next user of the
//! link reads it to its end first. So the answer of every statement is seen, and a statement that was cut
//! while it was being prepared cannot leave its reply behind for the next one (sqlx-mysql 0.9 would take
//! such a reply for the answer of the following statement).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use either::Either;
use futures_core::stream::BoxStream;
use futures_util::StreamExt;

use super::held::Held;
use crate::store::{Dialect, Item, Query, own_sql};

/// Where the connection is.
pub(crate) enum Link<DB: Dialect> {
    /// Nothing was sent: there is no connection yet.
    Unopened,
    Idle(Held<DB>),
    Running {
        steps: BoxStream<'static, Step<DB>>,
        /// Set when nobody wants the rest of the rows, if the statement may be left in the middle.
        leave: Option<Arc<AtomicBool>>,
    },
    /// It broke and was closed.
    Gone,
}

/// What a running statement yields: items, and in the end the connection.
pub(crate) enum Step<DB: Dialect> {
    Item(Item<DB>),
    Done(Held<DB>),
    /// Both at once.
    Last(Option<Item<DB>>, Held<DB>),
}

/// How much of the answer the caller wants.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Want {
    All,
    First,
}

impl<DB: Dialect> Link<DB> {
    /// Starts a statement. The link must be idle; a link that is gone stays gone. `may_be_left`: what is not read of it has no
    /// effect.
    pub(crate) fn start(&mut self, query: Query<DB>, want: Want, may_be_left: bool) {
        *self = match std::mem::replace(self, Link::Gone) {
            Link::Idle(held) => {
                let leave = (DB::IN_PROCESS && may_be_left).then(Arc::<AtomicBool>::default);
                Link::Running {
                    steps: match want {
                        Want::All => running(held, query, leave.clone()),
                        Want::First => running_to_first(held, query),
                    },
                    leave,
                }
            }
            other => other,
        };
    }

    /// The next item of the running statement; `None` when nothing runs (any more).
    ///
    /// # Cancel safety
    ///
    /// Safe: the statement goes on from where it was.
    pub(crate) async fn next(&mut self) -> Option<Item<DB>> {
        let Link::Running { steps, .. } = self else {
            return None;
        };
        match steps.next().await {
            Some(Step::Item(item)) => Some(item),
            Some(Step::Done(held)) => {
                *self = Link::Idle(held);
                None
            }
            Some(Step::Last(item, held)) => {
                *self = Link::Idle(held);
                item
            }
            None => {
                *self = Link::Gone;
                None
            }
        }
    }

    /// Nobody wants the rest of the running statement.
    pub(crate) fn abandon(&mut self) {
        if let Link::Running {
            leave: Some(leave), ..
        } = self
        {
            leave.store(true, Ordering::Relaxed);
        }
    }

    /// Ends the running statement and returns its first error.
    pub(crate) async fn drain(&mut self) -> Result<(), sqlx::Error> {
        self.abandon();
        let mut first = Ok(());
        while let Some(item) = self.next().await {
            if first.is_ok() {
                first = item.map(drop);
            }
        }
        first
    }

    /// Runs a message of this library to its end.
    pub(crate) async fn simple(&mut self, sql: String) -> Result<(), sqlx::Error> {
        *self = match std::mem::replace(self, Link::Gone) {
            Link::Idle(held) => Link::Running {
                steps: running_simple(held, sql),
                leave: None,
            },
            other => other,
        };
        self.drain().await
    }

    /// Takes the idle connection away, or closes what is there.
    pub(crate) fn take(&mut self) -> Option<Held<DB>> {
        match std::mem::replace(self, Link::Gone) {
            Link::Idle(held) => Some(held),
            Link::Unopened | Link::Running { .. } | Link::Gone => None,
        }
    }

    pub(crate) fn is_unopened(&self) -> bool {
        matches!(self, Link::Unopened)
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Link::Gone)
    }

    /// Closes the connection: after this error nothing that it says can be trusted.
    pub(crate) fn cut(&mut self) {
        *self = Link::Gone;
    }
}

/// One future, because most queries want one row.
fn running_to_first<DB: Dialect>(
    mut held: Held<DB>,
    query: Query<DB>,
) -> BoxStream<'static, Step<DB>> {
    Box::pin(futures_util::stream::once(async move {
        let first = DB::fetch_first(held.conn(), query).await;
        let item = first.map(|row| row.map(Either::Right)).transpose();
        Step::Last(item, held)
    }))
}

fn running<DB: Dialect>(
    mut held: Held<DB>,
    query: Query<DB>,
    leave: Option<Arc<AtomicBool>>,
) -> BoxStream<'static, Step<DB>> {
    let is_left = move || {
        leave
            .as_ref()
            .is_some_and(|leave| leave.load(Ordering::Relaxed))
    };
    Box::pin(async_stream::stream! {
        {
            let mut items = DB::fetch_many(held.conn(), query);
            while !is_left() && let Some(item) = items.next().await {
                yield Step::Item(item);
            }
        }
        yield Step::Done(held);
    })
}

fn running_simple<DB: Dialect>(mut held: Held<DB>, sql: String) -> BoxStream<'static, Step<DB>> {
    Box::pin(async_stream::stream! {
        if let Err(error) = DB::simple(held.conn(), own_sql(sql)).await {
            yield Step::Item(Err(error));
        }
        yield Step::Done(held);
    })
}

impl<DB: Dialect> fmt::Debug for Link<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Link::Unopened => "Unopened",
            Link::Idle(_) => "Idle",
            Link::Running { .. } => "Running",
            Link::Gone => "Gone",
        })
    }
}
