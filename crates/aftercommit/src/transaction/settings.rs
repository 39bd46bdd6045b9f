//! How the transactions of a handle behave.

use std::sync::Arc;
use std::time::Duration;

use super::Db;
use crate::effect::Headers;
use crate::error::Result;
use crate::observe::{Event, Observers};
use crate::store::{Dialect, Tables};

impl<DB: Dialect> Db<DB> {
    /// Tells `observer` every [`Event`].
    ///
    /// It is called in line and must not block; a panic in it is caught and logged.
    pub fn with_observer(self, observer: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.configure(|observers| observers.observer = Some(Arc::new(observer)))
    }

    /// The time after which a hook that is still running is warned about. 5 s unless set.
    pub fn with_hook_budget(self, budget: Duration) -> Self {
        self.configure(|observers| observers.hook_budget = budget)
    }

    /// The age at which an open transaction is warned about. 10 s unless set.
    pub fn with_long_transaction(self, age: Duration) -> Self {
        self.configure(|observers| observers.long_transaction = age)
    }

    /// How long the server is asked about a COMMIT that was cut off. 5 s unless set.
    pub fn with_resolve_patience(self, patience: Duration) -> Self {
        self.configure(|observers| observers.resolve_patience = patience)
    }

    /// The number of hooks that one transaction may have, and of effects. 100,000 of each unless set.
    ///
    /// A transaction with more of them does not commit: `TOO_MANY_HOOKS`, `TOO_MANY_EFFECTS`.
    pub fn with_hook_limit(self, limit: usize) -> Self {
        self.configure(|observers| observers.hook_limit = limit)
    }

    /// What travels with each effect that is written: called when a signal is sent to a durable receiver.
    ///
    /// Its use is the trace of the request, as in `[("traceparent", …)]` of <https://www.w3.org/TR/trace-context/>; a delivery
    /// finds it with [`Delivery::header`](crate::Delivery::header).
    pub fn with_headers(self, headers: impl Fn() -> Headers + Send + Sync + 'static) -> Self {
        self.configure(|observers| observers.headers = Some(Arc::new(headers)))
    }

    /// For a pool that leads to a pooler which shares sessions between transactions, as PgBouncer does in transaction mode.
    ///
    /// Nothing is then kept in a session: statements are sent without a name, and the library's own ones inside transactions.
    /// (Outside of them a pooler may give the parts of one statement to different sessions: with PgBouncer 1.18 half of such
    /// queries got the answer to somebody else's.) Statements that are run on the pool itself, without a block, are not covered:
    /// use `sqlx::raw_sql` for them, or a block. A mode that shares sessions between statements cannot be used at all.
    pub fn behind_transaction_pooler(self) -> Self {
        self.configure(|observers| observers.pooled = true)
    }

    /// Tells the workers of other processes when there is something to claim, and listens for that in a worker of this handle, on
    /// a connection that it takes from the pool for good. Postgres only; others poll.
    ///
    /// Worth it where a worker is a process of its own and a second ([`poll_every`](crate::Worker::poll_every)) is long: a worker in
    /// the same process is told in memory anyway. The hint is sent after the commit, from another connection, and once for
    /// the commits of 10 ms; it may get lost, and then polling finds the effect. Through a pooler that shares sessions
    /// nobody hears it.
    pub fn with_wake_ups(self) -> Self {
        self.configure(|observers| observers.wake_ups = true)
    }

    /// Other names for the library's own tables: a schema, and a prefix instead of `aftercommit_`.
    ///
    /// # Errors
    ///
    /// `BAD_IDENTIFIER`: a name has 1 to 40 lower-case letters, digits and underscores, and does not begin with a digit.
    pub fn with_tables(self, schema: Option<&str>, prefix: &str) -> Result<Self> {
        let tables = Arc::new(Tables::new(schema, prefix)?);
        Ok(self.changed(|parts| {
            parts.tables = tables;
            // What is written there must not be handed to a worker that settles it elsewhere.
            parts.station = Arc::default();
        }))
    }

    /// Whether events and log lines of deliveries and of the worker say why something failed: yes unless set.
    ///
    /// A reason is the error with its sources, cut to 500 characters. Words that the effect's payload has too are replaced by `[…]`, and longer ones with
    /// a part of eight bytes of it; a shorter part of a word is not recognised. What a
    /// receiver makes of a payload and puts into an error in another form (a hash, a sum, what it read with an id) is not
    /// recognised: if that may be a secret, switch reasons off. The tables keep them in any case, for operators.
    pub fn with_failure_reasons(self, told: bool) -> Self {
        self.configure(|observers| observers.reasons = told)
    }

    /// Makes [`on_commit`](Self::on_commit) without a transaction an error instead of running the hook at once.
    pub fn strict(self) -> Self {
        self.configure(|observers| observers.strict = true)
    }

    pub(crate) fn configure(self, change: impl FnOnce(&mut Observers)) -> Self {
        self.changed(|parts| change(Arc::make_mut(&mut parts.observers)))
    }
}
