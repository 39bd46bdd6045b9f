//! Who listens to what.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use super::connection::Connection;
use super::forms::{AfterCommit, During};
use super::receiver::{Call, Entry, IntoReceiver, Post, ReceiverInfo, after_commit, during};
use crate::effect::{Durable, LONGEST_WORD, Written, durable};
use crate::error::{Error, Kind, Result};
use crate::store::Dialect;

/// The receivers of a database handle.
///
/// Cheap to clone: clones are the same set. Reading it takes no lock, so sending does not wait for connecting.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use std::sync::Arc;
///
/// use aftercommit::Signals;
/// use sqlx::Sqlite;
///
/// struct PasswordChanged { user_id: i64 }
///
/// let signals = Signals::<Sqlite>::new()
///     .after_commit("warn_by_mail", async |changed: Arc<PasswordChanged>| {
///         println!("user {} changed the password", changed.user_id);
///     });
/// for receiver in signals.receivers() {
///     println!("{receiver}");
/// }
/// # }
/// ```
pub struct Signals<DB: Dialect> {
    table: Arc<ArcSwap<Table<DB>>>,
}

type Lists<DB> = HashMap<TypeId, Arc<dyn AnyList<DB>>, BuildHasherDefault<TypeIdHasher>>;

/// One generation of the receivers; a change makes a new one.
pub(crate) struct Table<DB: Dialect> {
    lists: Lists<DB>,
    /// All receivers in order of connection, across signals.
    order: Vec<ReceiverInfo>,
    /// The durable ones among them.
    posts: Vec<Post<DB>>,
}

pub(super) struct List<DB: Dialect, S> {
    pub(super) entries: Vec<Arc<Entry<DB, S>>>,
}

impl<DB: Dialect, S> List<DB, S> {
    /// Will a receiver want the signal after the send?
    pub(super) fn is_kept(&self) -> bool {
        self.entries
            .iter()
            .any(|entry| matches!(entry.call, Call::AfterCommit(_)))
    }
}

/// What can be done with a list without knowing its signal.
trait AnyList<DB: Dialect>: Send + Sync {
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<DB: Dialect, S: Send + Sync + 'static> AnyList<DB> for List<DB, S> {
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl<DB: Dialect> Signals<DB> {
    /// Without receivers.
    pub fn new() -> Self {
        Self {
            table: Arc::new(ArcSwap::from_pointee(Table {
                lists: Lists::default(),
                order: Vec::new(),
                posts: Vec::new(),
            })),
        }
    }

    /// Connects a receiver that runs in the transaction of the sender: see [`during`].
    ///
    /// # Panics
    ///
    /// If the name is connected to this signal already, as a mistake in the program's wiring; the text names
    /// both places. [`connect`](Self::connect) returns it as an error.
    #[track_caller]
    pub fn during<S, F, Form>(self, name: impl Into<Arc<str>>, receiver: F) -> Self
    where
        S: Send + Sync + 'static,
        F: During<DB, S, Form>, // captures something? `with_state(value, async fn)`
        Form: 'static,
    {
        self.with(during(name, receiver))
    }

    /// Connects a receiver that runs once the transaction was committed: see [`after_commit`].
    ///
    /// # Panics
    ///
    /// As [`during`](Self::during).
    #[track_caller]
    pub fn after_commit<S, F, Form>(self, name: impl Into<Arc<str>>, receiver: F) -> Self
    where
        S: Send + Sync + 'static,
        F: AfterCommit<S, Form>, // captures something? `with_state(value, async fn)`
    {
        self.with(after_commit(name, receiver))
    }

    /// Connects a receiver whose effect is written in the transaction and delivered after it, at least once, also after a
    /// crash: see [`durable`](crate::effect::durable), which has what can be set.
    ///
    /// Somebody must deliver: start a [`Worker`](crate::Worker) in this process or in another one.
    ///
    /// # Panics
    ///
    /// As [`during`](Self::during); the name of a durable receiver must be its own across all signals.
    #[track_caller]
    pub fn durable<S, F, Form>(self, name: impl Into<Arc<str>>, receiver: F) -> Self
    where
        S: Written,
        F: Durable<DB, S, Form>, // captures something? `with_state(value, async fn)`
        Form: 'static,
    {
        self.with(durable(name, receiver))
    }

    /// Connects a receiver, in a chain.
    ///
    /// # Panics
    ///
    /// As [`during`](Self::during).
    #[track_caller]
    #[expect(
        clippy::panic,
        reason = "a chain at start-up has nowhere to put an error; `connect` returns it"
    )]
    pub fn with(self, receiver: impl IntoReceiver<DB>) -> Self {
        if let Err(error) = self.connect(receiver) {
            panic!("{error}");
        }
        self
    }

    /// Connects a receiver; it hears what is sent from now on. A send that is under way does not call it.
    ///
    /// The receiver stays connected when the returned [`Connection`] is dropped.
    ///
    /// # Errors
    ///
    /// `DUPLICATE_RECEIVER` if the name is connected to this signal already, or is that of a durable receiver of another
    /// signal; `BAD_NAME` if a durable receiver's name is empty or longer than 190 bytes. Nothing has changed then.
    pub fn connect<R: IntoReceiver<DB>>(&self, receiver: R) -> Result<Connection<DB>> {
        self.connect_entry(Arc::new(receiver.into_receiver().entry))
    }

    fn connect_entry<S: Send + Sync + 'static>(
        &self,
        entry: Arc<Entry<DB, S>>,
    ) -> Result<Connection<DB>> {
        let post = entry.post();
        if post.is_some() && !is_word(&entry.name) {
            return Err(Error::new(Kind::BadName {
                name: entry.name.to_string(),
                place: entry.place,
            }));
        }
        let mut taken = None;
        self.table.rcu(|table| {
            taken = None;
            let list = table.list::<S>();
            let same = |other: &&Arc<Entry<DB, S>>| other.name == entry.name;
            if let Some(first) = list.iter().flat_map(|list| &list.entries).find(same) {
                taken = Some(first.place);
                return Arc::clone(table);
            }
            let mut posts = table.posts.clone();
            if let Some(post) = &post {
                if let Some(first) = posts.iter().find(|other| other.name == post.name) {
                    taken = Some(first.place);
                    return Arc::clone(table);
                }
                posts.push(post.clone());
            }
            let mut entries = list.map(|list| list.entries.clone()).unwrap_or_default();
            entries.push(Arc::clone(&entry));
            let mut order = table.order.clone();
            order.push(entry.info());
            table.changed::<S>(entries, order, posts)
        });
        match taken {
            None => Ok(Connection::new::<S>(
                self.clone(),
                Arc::clone(&entry.name),
                entry.number,
            )),
            Some(first) => Err(Error::new(Kind::DuplicateReceiver {
                signal: type_name::<S>(),
                name: entry.name.to_string(),
                first,
                second: entry.place,
            })),
        }
    }

    /// Disconnects a receiver. A send that is under way still calls it.
    ///
    /// Returns whether it was connected.
    pub fn disconnect<S: Send + Sync + 'static>(&self, name: &str) -> bool {
        self.disconnect_where::<S>(|entry| *entry.name == *name)
    }

    pub(super) fn disconnect_number<S: Send + Sync + 'static>(&self, number: u64) -> bool {
        self.disconnect_where::<S>(|entry| entry.number == number)
    }

    fn disconnect_where<S: Send + Sync + 'static>(
        &self,
        which: impl Fn(&Entry<DB, S>) -> bool,
    ) -> bool {
        let mut found = false;
        self.table.rcu(|table| {
            found = false;
            let Some(list) = table.list::<S>() else {
                return Arc::clone(table);
            };
            let Some(gone) = list.entries.iter().find(|entry| which(entry)) else {
                return Arc::clone(table);
            };
            found = true;
            let entries: Vec<_> = list
                .entries
                .iter()
                .filter(|entry| entry.number != gone.number)
                .cloned()
                .collect();
            let order: Vec<_> = table
                .order
                .iter()
                .filter(|info| info.number != gone.number)
                .cloned()
                .collect();
            let posts = table.posts.iter();
            let posts = posts.filter(|post| post.number != gone.number);
            table.changed::<S>(entries, order, posts.cloned().collect())
        });
        found
    }

    /// Everybody who is connected, in the order of connection.
    pub fn receivers(&self) -> Vec<ReceiverInfo> {
        self.table.load().order.clone()
    }

    /// Whether a receiver of any signal has this name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        let table = self.table.load();
        table.order.iter().any(|receiver| *receiver.name == *name)
    }

    /// The durable receivers.
    pub(crate) fn posts(&self) -> Vec<Post<DB>> {
        self.table.load().posts.clone()
    }

    /// Would anybody hear this?
    pub fn has_receivers<S: Send + Sync + 'static>(&self, signal: &S) -> bool {
        self.list::<S>()
            .is_some_and(|list| list.entries.iter().any(|entry| entry.hears(signal)))
    }

    /// A view that follows changes, cheaper to read than the table itself.
    pub(crate) fn view(&self) -> View<DB> {
        View(Cache::new(Arc::clone(&self.table)))
    }

    /// The receivers of a signal as they are now.
    pub(super) fn list<S: Send + Sync + 'static>(&self) -> Option<Arc<List<DB, S>>> {
        self.table.load().list::<S>()
    }
}

/// What a transaction sees of the receivers: always the newest, without the cost of asking for it.
pub(crate) struct View<DB: Dialect>(Cache<Arc<ArcSwap<Table<DB>>>, Arc<Table<DB>>>);

impl<DB: Dialect> View<DB> {
    pub(super) fn list<S: Send + Sync + 'static>(&mut self) -> Option<Arc<List<DB, S>>> {
        self.0.load().list::<S>()
    }
}

impl<DB: Dialect> Table<DB> {
    fn list<S: Send + Sync + 'static>(&self) -> Option<Arc<List<DB, S>>> {
        let list = self.lists.get(&TypeId::of::<S>())?;
        Arc::clone(list).as_any().downcast().ok()
    }

    fn changed<S: Send + Sync + 'static>(
        &self,
        entries: Vec<Arc<Entry<DB, S>>>,
        order: Vec<ReceiverInfo>,
        posts: Vec<Post<DB>>,
    ) -> Arc<Self> {
        let mut lists = self.lists.clone();
        if entries.is_empty() {
            lists.remove(&TypeId::of::<S>());
        } else {
            lists.insert(TypeId::of::<S>(), Arc::new(List { entries }));
        }
        Arc::new(Self {
            lists,
            order,
            posts,
        })
    }
}

/// A name that every database can keep in an index, and tells from others: to MySQL a space at the end is none.
fn is_word(name: &str) -> bool {
    let fits = !name.is_empty() && name.len() <= LONGEST_WORD;
    fits && !name.contains(char::is_control) && !name.ends_with(' ')
}

/// A [`TypeId`] is a hash already.
#[derive(Default)]
struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl<DB: Dialect> Default for Signals<DB> {
    fn default() -> Self {
        Self::new()
    }
}

impl<DB: Dialect> Clone for Signals<DB> {
    fn clone(&self) -> Self {
        Self {
            table: Arc::clone(&self.table),
        }
    }
}

impl<DB: Dialect> fmt::Debug for Signals<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.table.load().order.iter().map(ToString::to_string))
            .finish()
    }
}
