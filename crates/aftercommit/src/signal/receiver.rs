//! One receiver: its name, when it runs, and what it listens to.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_core::future::BoxFuture;

use super::forms::{AfterCommit, During};
use crate::delivery::AnyHandler;
use crate::effect::{DurableCall, Manner};
use crate::error::{BoxError, Result};
use crate::store::Dialect;
use crate::transaction::Tx;

/// When a receiver runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum When {
    /// In the transaction of the sender; its error rolls the sender back.
    During,
    /// In memory, once the transaction was committed.
    AfterCommit,
    /// From the database, once the transaction was committed, at least once.
    Durable,
}

/// A receiver that is not connected yet: see [`during`] and [`after_commit`].
#[must_use = "a receiver hears nothing until it is connected with `Signals::connect` or `Signals::with`"]
pub struct Receiver<DB: Dialect, S> {
    pub(super) entry: Entry<DB, S>,
}

/// Tells receivers of the same name apart.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// A receiver in the list of its signal.
pub(super) struct Entry<DB: Dialect, S> {
    pub(super) number: u64,
    pub(super) name: Arc<str>,
    pub(super) place: &'static Location<'static>,
    pub(super) call: Call<DB, S>,
    filter: Option<Filter<S>>,
}

/// A `during` receiver whose form does not matter any more.
pub(super) trait InTransaction<DB: Dialect, S>: Send + Sync {
    fn needs_transaction(&self) -> bool;
    fn call<'a>(&'a self, tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>>;
}

struct Formed<F, Form>(F, PhantomData<fn(Form)>);

impl<DB: Dialect, S, F: During<DB, S, Form>, Form> InTransaction<DB, S> for Formed<F, Form> {
    fn needs_transaction(&self) -> bool {
        F::NEEDS_TRANSACTION
    }

    fn call<'a>(&'a self, tx: Option<&'a mut Tx<DB>>, signal: &'a S) -> BoxFuture<'a, Result<()>> {
        self.0.call(tx, signal)
    }
}

type Filter<S> = Box<dyn Fn(&S) -> bool + Send + Sync>;

pub(super) type Committed<S> =
    Arc<dyn Fn(Arc<S>) -> BoxFuture<'static, std::result::Result<(), BoxError>> + Send + Sync>;

pub(super) enum Call<DB: Dialect, S> {
    During(Box<dyn InTransaction<DB, S>>),
    AfterCommit(Committed<S>),
    Durable(DurableCall<DB, S>),
}

/// What can be connected: a receiver, in any of its kinds.
pub trait IntoReceiver<DB: Dialect> {
    /// What it hears.
    type Signal: Send + Sync + 'static;

    /// As a receiver.
    fn into_receiver(self) -> Receiver<DB, Self::Signal>;
}

impl<DB: Dialect, S: Send + Sync + 'static> IntoReceiver<DB> for Receiver<DB, S> {
    type Signal = S;

    fn into_receiver(self) -> Self {
        self
    }
}

/// A receiver that runs in the transaction of the sender, and may veto it with an error.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use aftercommit::signal::during;
/// use aftercommit::{Result, Signals, Tx};
/// use sqlx::Sqlite;
///
/// struct Ordered { total: u32 }
///
/// async fn reserve(tx: &mut Tx<Sqlite>, ordered: &Ordered) -> Result<()> {
///     sqlx::query("UPDATE stock SET reserved = reserved + ?").bind(ordered.total).execute(&mut *tx).await?;
///     Ok(())
/// }
///
/// let signals = Signals::new().with(during("reserve", reserve).filter(|ordered: &Ordered| ordered.total > 0));
/// assert_eq!(signals.receivers().len(), 1);
/// # }
/// ```
#[track_caller]
pub fn during<DB, S, F, Form>(name: impl Into<Arc<str>>, receiver: F) -> Receiver<DB, S>
where
    DB: Dialect,
    S: Send + Sync + 'static,
    F: During<DB, S, Form>, // captures something? `with_state(value, async fn)`
    Form: 'static,
{
    Receiver::new(
        name.into(),
        Location::caller(),
        Call::During(Box::new(Formed(receiver, PhantomData))),
    )
}

/// A receiver that runs in memory once the transaction was committed. Its error is reported, and changes nothing.
///
/// Sent without a transaction, it runs at once.
#[track_caller]
pub fn after_commit<DB, S, F, Form>(name: impl Into<Arc<str>>, receiver: F) -> Receiver<DB, S>
where
    DB: Dialect,
    S: Send + Sync + 'static,
    F: AfterCommit<S, Form>, // captures something? `with_state(value, async fn)`
{
    let receiver = Arc::new(receiver);
    Receiver::new(
        name.into(),
        Location::caller(),
        Call::AfterCommit(Arc::new(move |signal| Arc::clone(&receiver).call(signal))),
    )
}

impl<DB: Dialect, S> Receiver<DB, S> {
    pub(crate) fn durable(
        name: Arc<str>,
        place: &'static Location<'static>,
        call: DurableCall<DB, S>,
    ) -> Self {
        Self::new(name, place, Call::Durable(call))
    }

    fn new(name: Arc<str>, place: &'static Location<'static>, call: Call<DB, S>) -> Self {
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Self {
            entry: Entry {
                number,
                name,
                place,
                call,
                filter: None,
            },
        }
    }

    /// Hears only what passes the filter. Filters of several calls must all pass.
    pub fn filter(mut self, filter: impl Fn(&S) -> bool + Send + Sync + 'static) -> Self
    where
        S: 'static,
    {
        self.entry.filter = Some(match self.entry.filter.take() {
            None => Box::new(filter),
            Some(first) => Box::new(move |signal| first(signal) && filter(signal)),
        });
        self
    }
}

impl<DB: Dialect, S> Entry<DB, S> {
    pub(super) fn hears(&self, signal: &S) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter(signal))
    }

    /// How its effects are delivered by this process.
    pub(super) fn post(&self) -> Option<Post<DB>> {
        let Call::Durable(durable) = &self.call else {
            return None;
        };
        Some(Post {
            number: self.number,
            place: self.place,
            name: Arc::clone(&self.name),
            manner: durable.route.manner.clone(),
            handler: durable.handler.clone(),
        })
    }

    pub(super) fn info(&self) -> ReceiverInfo {
        ReceiverInfo {
            number: self.number,
            signal: std::any::type_name::<S>(),
            name: Arc::clone(&self.name),
            when: match self.call {
                Call::During(_) => When::During,
                Call::AfterCommit(_) => When::AfterCommit,
                Call::Durable(_) => When::Durable,
            },
            place: self.place,
            filtered: self.filter.is_some(),
        }
    }
}

/// A durable receiver without its signal: what a worker needs of it.
pub(crate) struct Post<DB: Dialect> {
    pub(super) number: u64,
    pub(super) place: &'static Location<'static>,
    pub(crate) name: Arc<str>,
    pub(crate) manner: Manner,
    /// `None`: it lives in another process.
    pub(crate) handler: Option<Arc<dyn AnyHandler<DB>>>,
}

impl<DB: Dialect> Post<DB> {
    /// Whether it is the same connection of the same receiver.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<DB: Dialect> Clone for Post<DB> {
    fn clone(&self) -> Self {
        Self {
            name: Arc::clone(&self.name),
            manner: self.manner.clone(),
            handler: self.handler.clone(),
            ..*self
        }
    }
}

/// Who listens to what, and where in the program that was said.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReceiverInfo {
    pub(super) number: u64,
    /// The type of the signal.
    pub signal: &'static str,
    /// The receiver's name.
    pub name: Arc<str>,
    /// When it runs.
    pub when: When,
    /// Where it was connected.
    pub place: &'static Location<'static>,
    /// Whether it has a filter.
    pub filtered: bool,
}

impl fmt::Display for ReceiverInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = match self.when {
            When::During => "during",
            When::AfterCommit => "after commit",
            When::Durable => "durably",
        };
        write!(
            f,
            "{} hears {} {when} (connected at {})",
            self.name, self.signal, self.place
        )
    }
}

impl<DB: Dialect, S> fmt::Debug for Receiver<DB, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("name", &self.entry.name)
            .finish_non_exhaustive()
    }
}
