//! A durable receiver: what it is told, when, and how its effects are delivered.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::effect::{LONGEST_WORD, MAX_HEADERS_BYTES};
use super::forms::{Durable, Shape, Written};
use super::{Effect, Headers, payload};
use crate::delivery::{AnyHandler, Handler, RetryPolicy};
use crate::error::{Error, Kind, Result};
use crate::signal::{IntoReceiver, Receiver};
use crate::store::Dialect;

/// How the effects of one receiver are made and delivered.
pub(crate) struct Route<S> {
    key: Option<Word<S>>,
    unique: Option<Word<S>>,
    delay: Option<Time<S>>,
    encode: fn(&S) -> std::result::Result<String, payload::Unfit>,
    pub(crate) manner: Manner,
}

type Time<S> = Box<dyn Fn(&S) -> Duration + Send + Sync>;
type Word<S> = Box<dyn Fn(&S) -> Option<String> + Send + Sync>;

/// How the effects of one receiver are delivered. Pure values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) version: u32,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeout: Duration,
    pub(crate) concurrency: usize,
    /// Each call takes a connection of the application.
    pub(crate) in_transaction: bool,
    pub(crate) batch: usize,
    pub(crate) target: Option<Arc<str>>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            version: 1,
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(60),
            concurrency: 8,
            in_transaction: false,
            batch: 1,
            target: None,
        }
    }
}

/// A receiver whose effects are written in the transaction and delivered after it, at least once, also after a crash.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use aftercommit::effect::durable;
/// use aftercommit::{Delivery, Result, RetryPolicy, Signals};
/// use serde::{Deserialize, Serialize};
/// use sqlx::Sqlite;
///
/// #[derive(Serialize, Deserialize)]
/// struct Ordered { id: i64, customer: i64 }
///
/// async fn ship(ordered: Delivery<Ordered>) -> Result<()> {
///     println!("shipping {} (effect {})", ordered.id, ordered.id());
///     Ok(())
/// }
///
/// let signals = Signals::<Sqlite>::new().with(
///     durable("ship", ship)
///         .key(|ordered: &Ordered| ordered.customer.to_string())   // one after another for each customer
///         .retry(RetryPolicy::attempts(10)),
/// );
/// # }
/// ```
#[track_caller]
pub fn durable<DB, S, F, Form>(name: impl Into<Arc<str>>, receiver: F) -> DurableReceiver<DB, S>
where
    DB: Dialect,
    S: Written,
    F: Durable<DB, S, Form>, // captures something? `with_state(value, async fn)`
    Form: 'static,
{
    let batch = if F::SHAPE == Shape::Batch { 100 } else { 1 };
    DurableReceiver::new(name.into(), Some(Arc::new(Handler::new(receiver))))
        .batch(batch)
        .set(|route| route.manner.in_transaction = F::SHAPE == Shape::InTransaction)
}

/// A durable receiver that lives in another process: this one writes its effects and does not deliver them.
///
/// Its name, key and version must be those of the other process.
#[track_caller]
pub fn durable_elsewhere<DB, S>(name: impl Into<Arc<str>>) -> DurableReceiver<DB, S>
where
    DB: Dialect,
    S: Serialize + Send + Sync + 'static,
{
    DurableReceiver::new(name.into(), None)
}

/// A durable receiver that is not connected yet: see [`durable`].
#[must_use = "a receiver hears nothing until it is connected with `Signals::connect` or `Signals::with`"]
pub struct DurableReceiver<DB: Dialect, S> {
    name: Arc<str>,
    place: &'static Location<'static>,
    route: Route<S>,
    handler: Option<Arc<dyn AnyHandler<DB>>>,
    filters: Vec<Filter<S>>,
}

type Filter<S> = Box<dyn Fn(&S) -> bool + Send + Sync>;

impl<DB: Dialect, S: Serialize> DurableReceiver<DB, S> {
    #[track_caller]
    fn new(name: Arc<str>, handler: Option<Arc<dyn AnyHandler<DB>>>) -> Self {
        Self {
            name,
            place: Location::caller(),
            route: Route::new(),
            handler,
            filters: Vec::new(),
        }
    }
}

impl<S: Serialize> Route<S> {
    fn new() -> Self {
        Self {
            key: None,
            unique: None,
            delay: None,
            encode: payload::encode::<S>,
            manner: Manner::default(),
        }
    }
}

impl<S> Route<S> {
    /// The effect of a signal.
    pub(crate) fn effect(&self, name: &Arc<str>, signal: &S, headers: Headers) -> Result<Effect> {
        let unfit = |unfit| {
            Error::new(Kind::Payload {
                receiver: name.to_string(),
                unfit,
            })
        };
        let word = |what, word: &Option<Word<S>>| {
            let word = word.as_ref().and_then(|word| word(signal));
            match word {
                Some(word) if word.len() > LONGEST_WORD || word.contains('\0') => {
                    Err(Error::new(Kind::BadWord {
                        receiver: name.to_string(),
                        what,
                        limit: LONGEST_WORD,
                    }))
                }
                word => Ok(word),
            }
        };
        let bytes = headers.iter().map(|(name, value)| name.len() + value.len());
        let bytes: usize = bytes.sum();
        if bytes > MAX_HEADERS_BYTES {
            return Err(Error::new(Kind::HeadersTooLarge {
                receiver: name.to_string(),
                bytes,
                limit: MAX_HEADERS_BYTES,
            }));
        }
        Ok(Effect {
            receiver: Arc::clone(name),
            key: word("key", &self.key)?,
            unique: word("unique key", &self.unique)?,
            delay: self.delay.as_ref().map(|delay| delay(signal)),
            version: self.manner.version,
            payload: (self.encode)(signal).map_err(unfit)?,
            headers,
        })
    }
}

impl<DB: Dialect, S> DurableReceiver<DB, S> {
    /// Delivers the effects of one key one at a time, in the order of their commits. One that fails keeps those behind it
    /// waiting; other keys go on. At most 190 bytes.
    ///
    /// Together with [`unique`](Self::unique), an effect that takes a newer payload keeps the place of the first.
    pub fn key(self, key: impl Fn(&S) -> String + Send + Sync + 'static) -> Self {
        self.set(|route| route.key = Some(Box::new(move |signal| Some(key(signal)))))
    }

    /// While an effect with the same unique key is pending, a further one only replaces its payload. Once a worker has claimed it, or it
    /// was put off, parked, rescued or retried, a further one is a second effect with its own payload. At most 190 bytes.
    ///
    /// It says how many effects there are and not in which order they are delivered:
    ///
    /// ```text
    /// unique alone                                  unique and key
    ///
    /// send v1   claimed ─ fails ─ waits             send v1   claimed ─ fails ─ waits
    /// send v2   a second effect: delivered v2       send v2   a second effect: parked behind v1
    ///           (the wait is over)  delivered v1              (the wait is over)  delivered v1
    ///           v1 is last, and it is old                     delivered v2, which is last
    /// ```
    ///
    /// So do not write a state from the payload: send the id, and let the receiver read what is true when it runs. Where
    /// the payload must be the state, give a [`key`](Self::key) of the same value too.
    ///
    /// An effect that is joined keeps its place. With a coarser [`key`](Self::key) than the unique key, the newer payload is therefore
    /// delivered before effects of the key that were committed between the two:
    ///
    /// ```text
    /// one key; unique a, b, a      sent       a:1   b:2   a:3
    ///                              pending    a:3 ◀─ joined
    ///                                         b:2
    ///                              delivered  a:3   b:2
    /// ```
    ///
    /// If the order among all of them matters, leave `unique` out.
    ///
    /// Two transactions that coalesce wait for each other, until the first one has ended. Under `REPEATABLE READ` (on Postgres) and
    /// `SERIALIZABLE` the second one then fails at COMMIT with a conflict: use [`retry`](crate::Db::retry).
    pub fn unique(self, unique: impl Fn(&S) -> String + Send + Sync + 'static) -> Self {
        self.set(|route| route.unique = Some(Box::new(move |signal| Some(unique(signal)))))
    }

    /// Delivers no sooner than so long after the commit.
    pub fn delay(self, delay: impl Fn(&S) -> Duration + Send + Sync + 'static) -> Self {
        self.set(|route| route.delay = Some(Box::new(delay)))
    }

    /// How failed effects are tried again.
    pub fn retry(self, retry: RetryPolicy) -> Self {
        self.set(|route| route.manner.retry = retry)
    }

    /// How long one attempt may take: 60 s unless set.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|route| route.manner.timeout = timeout)
    }

    /// How many deliveries (or batches) run at the same time in one process: 8 unless set.
    pub fn concurrency(self, concurrency: usize) -> Self {
        self.set(|route| route.manner.concurrency = concurrency.max(1))
    }

    /// How many deliveries are handed to a batch handler at most: 100 unless set.
    pub fn batch(self, batch: usize) -> Self {
        self.set(|route| route.manner.batch = batch.max(1))
    }

    /// What it talks to, by a name. Receivers with the same target share a breaker.
    pub fn target(self, target: impl Into<Arc<str>>) -> Self {
        self.set(|route| route.manner.target = Some(target.into()))
    }

    /// The version of the payload's form, 1 unless set. Raise it when the type changes so that old effects cannot be read: those
    /// that are still there then go to the dead letters at once, and are not tried in vain. A process that is still of the old
    /// version leaves the new ones to others.
    pub fn version(self, version: u32) -> Self {
        self.set(|route| route.manner.version = version)
    }

    /// Hears only what passes the filter. Filters of several calls must all pass.
    pub fn filter(mut self, filter: impl Fn(&S) -> bool + Send + Sync + 'static) -> Self
    where
        S: 'static,
    {
        self.filters.push(Box::new(filter));
        self
    }

    fn set(mut self, change: impl FnOnce(&mut Route<S>)) -> Self {
        change(&mut self.route);
        self
    }
}

impl<DB: Dialect, S: Send + Sync + 'static> IntoReceiver<DB> for DurableReceiver<DB, S> {
    type Signal = S;

    fn into_receiver(self) -> Receiver<DB, S> {
        let call = DurableCall {
            route: self.route,
            handler: self.handler,
        };
        let receiver = Receiver::durable(self.name, self.place, call);
        self.filters.into_iter().fold(receiver, Receiver::filter)
    }
}

impl<DB: Dialect, S> fmt::Debug for DurableReceiver<DB, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableReceiver")
            .field("name", &self.name)
            .field("manner", &self.route.manner)
            .finish_non_exhaustive()
    }
}

/// A durable receiver in the list of its signal.
pub(crate) struct DurableCall<DB: Dialect, S> {
    pub(crate) route: Route<S>,
    /// `None`: it lives in another process.
    pub(crate) handler: Option<Arc<dyn AnyHandler<DB>>>,
}
