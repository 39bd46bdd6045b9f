//! An open transaction.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::{Arc, LazyLock};

use super::ending::rolled_back;
use super::ledger::{Ledger, Left, Mark};
use super::link::Link;
use super::probing::Probing;
use super::{Db, GRACE, Life, Options, close_or_release};
use crate::commit::{Hook, IntoResult};
use crate::effect::Effect;
use crate::error::{Error, Kind, Result};
use crate::model::GivenId;
use crate::observe::{Control, Event};
use crate::signal::View;
use crate::store::{Dialect, ServerInfo, TxInfo};

/// An open transaction: what a block works on.
///
/// `&mut Tx` is a [`sqlx::Executor`], so every query of sqlx runs on it with `&mut *tx`. It has no lifetime
/// parameter and owns its connection; a nested block borrows it again, so that using the outer handle inside
/// a nested block does not compile.
///
/// # When a statement fails
///
/// The block is *broken*: it sends no further statement and cannot commit, on every database alike. (Postgres
/// would refuse by itself, and answer COMMIT with a silent rollback; MySQL and SQLite would go on with half
/// of the work.) Put a statement that may fail into a nested [`atomic`](Self::atomic) block: its rollback
/// heals the block around it.
///
/// # Cancel safety
///
/// A statement whose future is dropped goes on; its answer is read before the next statement is sent, and if
/// it failed the block is broken as if somebody had been waiting. A nested block that is dropped is rolled
/// back to its savepoint before the next statement. A `Tx` that is dropped rolls back in the background; if
/// the connection does not answer within a second it is closed.
pub struct Tx<DB: Dialect> {
    pub(super) db: Db<DB>,
    pub(super) link: Link<DB>,
    pub(super) ledger: Ledger<Registered>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) effects: Vec<Effect>,
    /// Ids that the database gave to rows of models.
    pub(crate) given_ids: Vec<GivenId>,
    /// The running statement belongs to a block that was rolled back: its failure is nobody's.
    pub(super) orphan: bool,
    /// A statement met a conflict that no savepoint has healed.
    pub(super) collided: bool,
    pub(crate) receivers: View<DB>,
    pub(crate) muted: Vec<Box<str>>,
    /// The depth of a block of the test kit, in which a durable block is allowed.
    #[cfg(feature = "testing")]
    pub(crate) test_depth: Option<usize>,
    pub(super) life: Life<DB>,
    pub(super) options: Options,
    pub(super) begin_sql: Cow<'static, str>,
    /// Empty until the first statement.
    pub(super) server: Arc<ServerInfo>,
    pub(super) tx_info: TxInfo,
    pub(super) probing: Probing,
    /// Something else than plain reading was sent.
    pub(super) may_have_written: bool,
    pub(super) warned: bool,
    /// The connection keeps a prepared statement that will fail again.
    pub(super) stale_plan: bool,
    pub(super) ended: bool,
}

/// How much was registered for the commit so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Registered {
    hooks: usize,
    effects: usize,
    given_ids: usize,
}

/// What is known of a server before anything was sent to it.
static NOT_ASKED: LazyLock<Arc<ServerInfo>> = LazyLock::new(Arc::default);

impl<DB: Dialect> Tx<DB> {
    pub(super) fn new(
        db: Db<DB>,
        options: Options,
        begin_sql: Cow<'static, str>,
        life: Life<DB>,
    ) -> Self {
        let receivers = db.signals().view();
        Self {
            db,
            receivers,
            link: Link::Unopened,
            ledger: Ledger::default(),
            hooks: Vec::new(),
            effects: Vec::new(),
            given_ids: Vec::new(),
            orphan: false,
            collided: false,
            muted: Vec::new(),
            #[cfg(feature = "testing")]
            test_depth: None,
            life,
            options,
            begin_sql,
            server: Arc::clone(&NOT_ASKED),
            tx_info: TxInfo::default(),
            probing: Probing::Intact,
            may_have_written: false,
            warned: false,
            stale_plan: false,
            ended: false,
        }
    }

    /// The database handle that this transaction was begun on.
    pub fn db(&self) -> &Db<DB> {
        &self.db
    }

    /// What is known of the server; see [`know_server`](Self::know_server).
    pub(crate) fn server(&self) -> &ServerInfo {
        &self.server
    }

    /// How many nested blocks are open inside the outermost one.
    pub fn depth(&self) -> usize {
        self.ledger.depth()
    }

    /// Registers a hook that runs after the outermost COMMIT was confirmed, and only then.
    ///
    /// Hooks run one after another in the order of registration. A hook registered inside a nested block is
    /// dropped when that block rolls back. A hook may fail or panic without harm to the others or to the
    /// committed block: see [`Db::atomic_report`].
    ///
    /// A hook is lost if the process dies between COMMIT and the hook.
    ///
    /// The block ends when its hooks have ended. A hook that wants a lock which the caller of the block holds (a mutex
    /// guard across the `.await`, a transaction of another handle, the last connection of a pool) waits for its own caller,
    /// so both wait for ever. Give the lock back before the block ends, or let the hook spawn a task for that work.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> aftercommit::Result<()> {
    /// # let db: aftercommit::Db<sqlx::Sqlite> = aftercommit::Db::connect("sqlite::memory:").await?;
    /// let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    /// db.atomic(async |tx| {
    ///     tx.on_commit(async move || told.send("committed"));
    ///     aftercommit::Ok(())
    /// })
    /// .await?;
    /// assert_eq!(heard.recv().await, Some("committed"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    #[track_caller]
    pub fn on_commit<F, Fut>(&mut self, hook: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output: IntoResult<Value = ()>> + Send + 'static,
    {
        self.push_hook(Hook::new(None, Location::caller(), hook));
    }

    /// Like [`on_commit`](Self::on_commit), with a name for reports and logs.
    #[track_caller]
    pub fn on_commit_named<F, Fut>(&mut self, name: impl Into<Arc<str>>, hook: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output: IntoResult<Value = ()>> + Send + 'static,
    {
        self.push_hook(Hook::new(Some(name.into()), Location::caller(), hook));
    }

    /// How many hooks wait for the commit.
    pub fn pending_hooks(&self) -> usize {
        self.hooks.len()
    }

    /// Asks for a rollback of the innermost block that has a savepoint (or of the whole transaction), or
    /// takes that back.
    ///
    /// A block that rolls back because it was asked to says so: its result is an error with
    /// [`is_rolled_back`](Error::is_rolled_back). While the mark is set no statement is sent.
    ///
    /// # Errors
    ///
    /// [`is_broken`](Error::is_broken) for `false` in a block in which a statement has failed: what the database
    /// has lost cannot be taken back.
    #[track_caller]
    pub fn set_rollback(&mut self, value: bool) -> Result<()> {
        if self.ledger.set_rollback(value, Location::caller()) {
            Ok(())
        } else {
            Err(self.refusal())
        }
    }

    /// Will the innermost block roll back, because it was asked to or because a statement failed in it?
    pub fn get_rollback(&self) -> bool {
        self.ledger.mark().is_some()
    }

    /// How many effects wait to be written with the commit.
    pub fn pending_effects(&self) -> usize {
        self.effects.len()
    }

    pub(crate) fn push_hook(&mut self, hook: Hook) {
        self.hooks.push(hook);
    }

    pub(crate) fn push_effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn registered(&self) -> Registered {
        Registered {
            hooks: self.hooks.len(),
            effects: self.effects.len(),
            given_ids: self.given_ids.len(),
        }
    }

    /// Drops what was registered in a block that was undone.
    pub(super) fn keep(&mut self, kept: Registered) {
        self.hooks.truncate(kept.hooks);
        self.effects.truncate(kept.effects);
        self.db.add_void_ids(self.given_ids.drain(kept.given_ids..));
    }

    /// Carries out what the ledger decided about a nested block that was left.
    pub(super) fn after_leaving(&mut self, left: Left<Registered>) -> Option<Error> {
        let observers = self.db.observers();
        match left {
            Left::Kept { savepoint } => {
                if let Some(number) = savepoint {
                    observers.observe(&Event::Control(Control::Release(number)));
                }
                None
            }
            Left::Undone {
                savepoint,
                kept,
                why,
            } => {
                observers.observe(&Event::Control(Control::RollBackTo(savepoint)));
                self.keep(kept);
                self.orphan = matches!(self.link, Link::Running { .. });
                why.map(|why| rolled_back(Some(why)))
            }
            Left::Doomed => None,
        }
    }

    /// Why no statement is sent.
    pub(super) fn refusal(&self) -> Error {
        Error::new(match self.ledger.mark() {
            Some(Mark::Failed { first, class }) => Kind::Broken {
                first: first.clone(),
                class: *class,
            },
            Some(Mark::Asked { place }) => Kind::Doomed { place: Some(place) },
            Some(Mark::Joined) | None => Kind::Doomed { place: None },
        })
    }

    /// Is a durable block allowed here, because only a block of the test kit is around it?
    pub(super) fn in_test_block(&self) -> bool {
        #[cfg(feature = "testing")]
        return self.test_depth == Some(self.ledger.depth());
        #[cfg(not(feature = "testing"))]
        false
    }
}

impl<DB: Dialect> Drop for Tx<DB> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.db
            .observers()
            .observe(&Event::Control(Control::RollBack));
        self.life.not_committed(None);
        self.db.add_void_ids(self.given_ids.drain(..));
        let mut link = std::mem::replace(&mut self.link, Link::Gone);
        if link.is_unopened() {
            return;
        }
        let (options, tx) = (self.options.clone(), self.tx_info.clone());
        // Without a runtime nobody could wait for the server: the connection is closed where it stands.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let cleaned = tokio::time::timeout(GRACE, async {
                    let _: std::result::Result<(), sqlx::Error> = link.drain().await;
                    if let Some(held) = link.take() {
                        close_or_release(held, &options, &tx).await;
                    }
                });
                let _: std::result::Result<(), tokio::time::error::Elapsed> = cleaned.await;
            });
        }
    }
}

impl<DB: Dialect> fmt::Debug for Tx<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx")
            .field("place", &self.life.place)
            .field("depth", &self.ledger.depth())
            .field("pending_hooks", &self.hooks.len())
            .field("pending_effects", &self.effects.len())
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}
