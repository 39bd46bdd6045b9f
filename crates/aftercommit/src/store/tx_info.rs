//! What is known of one transaction, and how its COMMIT is sent. Pure.

use std::borrow::Cow;
use std::sync::Arc;

use sqlx::SqlStr;

use super::{Prepared, ServerInfo, own_sql};
use crate::transaction::Options;

/// How a commit can be recognised afterwards, from another connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// Not known: nobody asked, or the answer has not arrived.
    #[default]
    Unknown,
    /// The server's own number of the transaction, and what tells the server from itself after a crash.
    Number {
        /// In decimal digits.
        number: String,
        /// On which instance of a server it was given out; empty where the epoch was asked for itself.
        instance: Arc<str>,
        /// See the adapter's `epoch` statement; `None` where it was not known yet.
        epoch: Option<Arc<str>>,
    },
    /// A token that was written with the commit, on a server of this name.
    Token {
        /// In hexadecimal digits.
        token: String,
        /// Which server it was sent to.
        server: String,
    },
    /// The server said that the transaction has written nothing.
    WroteNothing,
}

/// What is known of a transaction. It belongs to the connection that runs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxInfo {
    /// How its commit can be recognised.
    pub identity: Identity,
    /// A notification may have been sent: it goes out with the commit of a transaction that has written nothing, too.
    pub may_have_notified: bool,
    /// SQLite: the session refused writes before the transaction began.
    pub refused_writes: bool,
    /// The state of the session before a statement that may have changed it.
    pub session_state: Option<String>,
    /// How many transactions the session had begun, if the first statement of this one is opaque.
    pub begun_before: Option<TransactionsBegun>,
    /// Postgres: what the session has prepared; `None` as soon as something was sent that may have removed it.
    pub prepared: Option<Arc<Prepared>>,
}

impl TxInfo {
    /// Whether its commit was marked for another server than the one that is known: the address of the pool leads elsewhere
    /// since.
    pub fn is_of_another(&self, known: &ServerInfo) -> bool {
        matches!(&self.identity, Identity::Token { server, .. } if *server != known.server)
    }
}

/// How a transaction is to be begun.
#[derive(Debug)]
pub struct BeginMessage<'b> {
    /// What begins it.
    pub begin: Cow<'static, str>,
    /// Statements that stand behind BEGIN in its message.
    pub then: String,
    /// Whether the first statement will write, so that the commit may be identified now.
    pub writes: bool,
    /// Whether the session is shared with others between transactions.
    pub pooled: bool,
    /// How it was asked for.
    pub options: &'b Options,
}

impl BeginMessage<'_> {
    /// The whole message, with `asked` right behind BEGIN.
    pub fn with(&self, asked: &str) -> SqlStr {
        if let (Cow::Borrowed(begin), "", "") = (&self.begin, asked, self.then.as_str()) {
            return SqlStr::from_static(begin);
        }
        let parts = [&self.begin, asked, &self.then];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        own_sql(parts.join(";\n"))
    }
}

/// How a transaction is to be committed.
#[derive(Debug)]
pub struct CommitMessage<'c> {
    /// Statements that stand before COMMIT in its message.
    pub before: String,
    /// Whether they write, as those of effects do.
    pub before_writes: bool,
    /// How it was begun.
    pub options: &'c Options,
    /// Whether it may have written, as far as its statements show.
    pub may_have_written: bool,
    /// Whether hooks or effects hang on it, so that the commit must survive a crash.
    pub must_last: bool,
    /// Whether the session is shared with others between transactions.
    pub pooled: bool,
}

impl CommitMessage<'_> {
    /// Whether the commit must be recognisable afterwards.
    pub fn looked_up(&self) -> bool {
        self.options.lookup && !self.options.read_only && self.may_have_written
    }
}

/// What tells whether a transaction is still the one that it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// A name that nothing else in the session has: 32 hexadecimal digits.
    pub name: String,
    /// Nothing was sent in the transaction before it: what it is set with must not keep what follows from setting the isolation.
    pub first: bool,
}

impl Probe {
    pub(crate) fn new(first: bool) -> Self {
        Self {
            name: uuid::Uuid::now_v7().simple().to_string(),
            first,
        }
    }
}

/// What came of asking for a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeAnswer {
    /// It is there.
    There,
    /// It is there, and a statement had failed: all that was done since it was set has been undone.
    Undone,
    /// The transaction has ended, or was rolled back beyond it.
    Gone,
}

/// How many transactions a session has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionsBegun {
    /// Which session of the server it is.
    pub session: String,
    /// Counts its transactions, whatever became of them; the one that asked is among them.
    pub count: i64,
}

impl TransactionsBegun {
    /// Whether `now` was asked in the next transaction after this.
    pub fn is_in_the_next(&self, now: &Self) -> bool {
        self.session == now.session && self.count + 1 == now.count
    }

    /// Whether there was one transaction, and no more, between the asking of this and of that.
    pub fn is_one_before(&self, after: &Self) -> bool {
        self.session == after.session && self.count + 2 == after.count
    }
}

#[test]
fn one_transaction_lies_between_two_that_ask() {
    let asked = |session: &str, count| TransactionsBegun {
        session: session.into(),
        count,
    };
    assert!(asked("3", 7).is_in_the_next(&asked("3", 8)));
    assert!(!asked("3", 7).is_in_the_next(&asked("3", 9)));
    assert!(asked("3", 7).is_one_before(&asked("3", 9)));
    for after in [asked("3", 8), asked("3", 10), asked("4", 9)] {
        assert!(!asked("3", 7).is_one_before(&after));
    }
}
