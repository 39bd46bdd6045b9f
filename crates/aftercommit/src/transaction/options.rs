//! How a transaction is begun. Pure.

/// An isolation level, as the SQL standard names them.
///
/// What a level means differs by database: see the manual of yours. SQLite has only [`Serializable`](Self::Serializable).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Sees what others have committed, statement by statement.
    ReadCommitted,
    /// Sees the state at its first statement.
    RepeatableRead,
    /// Behaves as if transactions ran one after another; be ready to [retry](crate::Begin::retry).
    Serializable,
}

impl Isolation {
    #[cfg_attr(
        not(any(feature = "postgres", feature = "mysql")),
        expect(dead_code, reason = "SQLite has one level")
    )]
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Isolation::ReadCommitted => "READ COMMITTED",
            Isolation::RepeatableRead => "REPEATABLE READ",
            Isolation::Serializable => "SERIALIZABLE",
        }
    }
}

/// The lock that SQLite takes when a transaction begins. Other databases pay no attention to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lock {
    /// The write lock at once: no surprise half-way. The default.
    #[default]
    Immediate,
    /// No lock until the first statement needs one. A transaction that reads first and writes later can fail
    /// with [`is_conflict`](crate::Error::is_conflict) at that point.
    Deferred,
    /// Keeps readers out too, outside write-ahead mode.
    Exclusive,
}

/// How a transaction is begun; [`Db::with`](crate::Db::with) takes it.
///
/// ```
/// use aftercommit::{Isolation, Options};
///
/// let report = Options::new().isolation(Isolation::RepeatableRead).read_only();
/// assert!(report.is_read_only());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub(crate) isolation: Option<Isolation>,
    pub(crate) read_only: bool,
    pub(crate) deferrable: bool,
    pub(crate) lock: Lock,
    pub(crate) durable: bool,
    /// Whether the commit must be recognisable afterwards.
    pub(crate) lookup: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            isolation: None,
            read_only: false,
            deferrable: false,
            lock: Lock::default(),
            durable: false,
            lookup: true,
        }
    }
}

impl Options {
    /// The database's own defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses an isolation level.
    pub fn isolation(mut self, level: Isolation) -> Self {
        self.isolation = Some(level);
        self
    }

    /// Short for [`isolation`](Self::isolation) with [`Isolation::Serializable`].
    pub fn serializable(self) -> Self {
        self.isolation(Isolation::Serializable)
    }

    /// Refuses writes. A statement that writes fails and breaks the block.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// On Postgres, together with serializable and read-only: waits for a moment at which it cannot fail.
    /// Refused by the other databases.
    pub fn deferrable(mut self) -> Self {
        self.deferrable = true;
        self
    }

    /// Chooses the lock that SQLite begins with.
    pub fn lock(mut self, lock: Lock) -> Self {
        self.lock = lock;
        self
    }

    /// Refuses to be nested: when this block ends well, its work is committed.
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// Gives up that a commit which is cut off can be looked up: such a commit is reported as
    /// [in doubt](crate::Error::is_commit_in_doubt).
    ///
    /// Saves what the lookup costs blocks that write: on Postgres asking for the transaction's number, on MySQL and MariaDB
    /// writing the marker. Blocks that only read pay for neither. See `docs/benchmarks.md` for how much that is.
    pub fn without_lookup(mut self) -> Self {
        self.lookup = false;
        self
    }

    /// Whether writes are refused.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The first option that only an outermost block can have.
    pub(crate) fn outermost_only(&self) -> Option<&'static str> {
        if self.isolation.is_some() {
            Some("the isolation level")
        } else if self.read_only {
            Some("read-only")
        } else if self.deferrable {
            Some("deferrable")
        } else if self.lock != Lock::default() {
            Some("SQLite's lock")
        } else {
            None
        }
    }
}
