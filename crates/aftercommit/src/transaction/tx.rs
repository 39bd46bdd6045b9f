//! An open transaction.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::ledger::{End, Ledger, Left, Mark};
use super::link::{Link, Want};
use super::{Db, Life, Options, close_or_release, owed_sql, statement};
use crate::commit::{Commit, Hook, HookOutcome, HookOutput, Report};
use crate::error::{Error, Kind, Result, refused};
use crate::observe::{Control, Event};
use crate::signal::View;
use crate::store::{Dialect, Facts, Identity, Item, Query, Trouble, trouble};

/// How long the end of a transaction waits for a statement that nobody waits for any more. Then the
/// connection is closed instead.
const GRACE: Duration = Duration::from_secs(1);

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
    pub(super) ledger: Ledger,
    pub(crate) hooks: Vec<Hook>,
    /// The running statement belongs to a block that was rolled back: its failure is nobody's.
    pub(super) orphan: bool,
    /// A statement met a conflict that no savepoint has healed.
    pub(super) collided: bool,
    pub(crate) receivers: View<DB>,
    pub(crate) sending: usize,
    pub(crate) muted: Vec<Box<str>>,
    /// The depth of a block of the test kit, in which a durable block is allowed.
    #[cfg(feature = "testing")]
    pub(crate) test_depth: Option<usize>,
    pub(super) life: Life<DB>,
    identity: Identity,
    options: Options,
    facts: Arc<Facts>,
    warned: bool,
    /// A statement was sent that could have ended the transaction.
    unproven: bool,
    /// And it did.
    mismatch: Option<sqlx::Error>,
    ended: bool,
}

impl<DB: Dialect> Tx<DB> {
    pub(super) fn new(
        db: Db<DB>,
        link: Link<DB>,
        identity: Identity,
        options: Options,
        facts: Arc<Facts>,
        life: Life<DB>,
    ) -> Self {
        let receivers = db.signals().view();
        Self {
            db,
            receivers,
            link,
            ledger: Ledger::default(),
            hooks: Vec::new(),
            orphan: false,
            collided: false,
            sending: 0,
            muted: Vec::new(),
            #[cfg(feature = "testing")]
            test_depth: None,
            life,
            identity,
            options,
            facts,
            warned: false,
            unproven: false,
            mismatch: None,
            ended: false,
        }
    }

    /// The database handle that this transaction was begun on.
    pub fn db(&self) -> &Db<DB> {
        &self.db
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
        Fut: Future<Output: HookOutput> + Send + 'static,
    {
        self.push_hook(Hook::new(None, Location::caller(), hook));
    }

    /// Like [`on_commit`](Self::on_commit), with a name for reports and logs.
    #[track_caller]
    pub fn on_commit_named<F, Fut>(&mut self, name: impl Into<Arc<str>>, hook: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output: HookOutput> + Send + 'static,
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

    pub(super) async fn roll_back_by_hand(mut self) {
        let _: End = self.ledger.end(false);
        self.roll_back(None).await;
    }

    /// Ends the outermost block with what its body returned.
    pub(crate) async fn end<T, E: From<Error>>(self, result: Result<T, E>) -> Result<Report<T>, E> {
        self.end_of_try(result).await.0
    }

    /// Like [`end`](Self::end), and tells whether it failed for a conflict.
    pub(super) async fn end_of_try<T, E: From<Error>>(
        mut self,
        result: Result<T, E>,
    ) -> (Result<Report<T>, E>, bool) {
        // A statement that nobody waits for may still decide the fate of the block.
        if result.is_ok() {
            self.drain().await;
            self.prove().await;
        }
        let value = match (self.ledger.end(result.is_ok()), result) {
            (End::Commit, Ok(value)) => value,
            (End::Commit | End::RollBack { .. }, Err(error)) => {
                let collided = self.collided;
                self.roll_back(None).await;
                return (Err(error), collided);
            }
            (End::RollBack { why }, Ok(_)) => {
                let mismatch = self
                    .mismatch
                    .take()
                    .map(|source| Error::new(Kind::StateMismatch { source }));
                let (error, collided) =
                    (mismatch.unwrap_or_else(|| rolled_back(why)), self.collided);
                self.roll_back(Some(&error)).await;
                return (Err(error.into()), collided);
            }
        };
        match self.confirm().await {
            Ok(hooks) => (Ok(Report { value, hooks }), false),
            Err(error) => {
                let collided = error.is_conflict();
                (Err(error.into()), collided)
            }
        }
    }

    async fn confirm(mut self) -> Result<Vec<HookOutcome>> {
        let limit = self.db.observers().hook_limit;
        if self.hooks.len() > limit {
            let error = Error::new(Kind::TooManyHooks { limit });
            self.roll_back(Some(&error)).await;
            return Err(error);
        }
        self.warn_if_long();
        let Some(held) = self.link.take() else {
            let error = Error::new(Kind::Broken {
                first: "the connection was lost".into(),
                conflict: false,
            });
            self.roll_back(Some(&error)).await;
            return Err(error);
        };
        self.ended = true;
        let commit = Commit {
            db: self.db.clone(),
            identity: self.identity.clone(),
            options: self.options.clone(),
            facts: Arc::clone(&self.facts),
            owed: self.ledger.settle_for_commit(),
            life: self.life.clone(),
        };
        commit.confirm(held, std::mem::take(&mut self.hooks)).await
    }

    async fn roll_back(&mut self, why: Option<&Error>) {
        self.warn_if_long();
        self.db
            .observers()
            .observe(&Event::Control(Control::RollBack));
        // Within the grace, so that one lost statement does not hold up the caller for as long as it runs.
        let _: std::result::Result<_, tokio::time::error::Elapsed> =
            tokio::time::timeout(GRACE, self.link.drain()).await;
        if let Some(held) = self.link.take() {
            close_or_release(held, &self.options).await;
        }
        self.hooks.clear();
        self.ended = true;
        self.life.not_committed(why);
    }

    /// Reads what is still running to its end; what it comes to marks the block.
    pub(super) async fn drain(&mut self) {
        while let Some(item) = self.link.next().await {
            if let Err(error) = item
                && (!self.orphan || is_fatal(&error))
            {
                self.failed(&error);
            }
        }
        if self.link.is_gone() {
            self.ledger
                .statement_failed("the connection was lost".into(), false);
        }
        self.orphan = false;
    }

    /// Sends what the ledger owes. Called before every statement.
    pub(super) async fn settle(&mut self) -> Result<()> {
        self.drain().await;
        self.prove().await;
        if self.ledger.mark().is_some() {
            return Err(self.refusal());
        }
        let owed = self.ledger.settle();
        if !owed.is_empty() {
            self.simple(owed_sql(&owed)).await?;
            self.collided = false;
        }
        Ok(())
    }

    /// Finds out whether the last statement ended the transaction, if it could have.
    pub(super) async fn prove(&mut self) {
        let Some((_, proven)) = DB::proof() else {
            return;
        };
        if std::mem::take(&mut self.unproven)
            && self.ledger.mark().is_none()
            && let Err(error) = self.link.simple(proven.to_owned()).await
        {
            self.failed(&error);
            if DB::is_state_mismatch(&error) {
                self.mismatch = Some(error);
            }
        }
    }

    /// Runs a message of the library's own in this transaction.
    pub(super) async fn simple(&mut self, sql: String) -> Result<()> {
        self.link.simple(sql).await.map_err(|error| {
            self.failed(&error);
            Error::from(error)
        })
    }

    /// Makes sure that the statement may be sent, and starts it.
    pub(super) async fn start(
        &mut self,
        query: Query<DB>,
        want: Want,
    ) -> std::result::Result<(), sqlx::Error> {
        let indirect = self.allow(query.text())?;
        self.settle().await.map_err(Error::into_sqlx)?;
        if let (true, Some((prove, _))) = (indirect, DB::proof()) {
            self.simple(prove.to_owned())
                .await
                .map_err(Error::into_sqlx)?;
            self.unproven = true;
        }
        if !self.warned {
            self.warned = self.life.warn_if_long();
        }
        self.link.start(query, want);
        Ok(())
    }

    /// The next item of the running statement, with its failure noted.
    pub(super) async fn next_item(&mut self) -> Option<Item<DB>> {
        let item = self.link.next().await;
        match &item {
            Some(Err(error)) => self.failed(error),
            None if self.link.is_gone() => {
                self.ledger
                    .statement_failed("the connection was lost".into(), false);
            }
            _ => {}
        }
        item
    }

    /// Refuses statements that would move the transaction behind the block's back. `true` for one that may do so
    /// without showing it.
    pub(super) fn allow(&self, sql: &str) -> std::result::Result<bool, sqlx::Error> {
        match statement::inspect(sql, DB::COMMITS_ON_DDL) {
            statement::Verdict::Harmless => Ok(false),
            statement::Verdict::Indirect => Ok(true),
            statement::Verdict::Control(keyword) => {
                Err(refused(Kind::ControlStatement { keyword }))
            }
            statement::Verdict::Commits(keyword) => Err(refused(Kind::ImplicitCommit { keyword })),
        }
    }

    pub(super) fn failed(&mut self, error: &sqlx::Error) {
        let trouble = trouble(error);
        self.collided |= trouble == Trouble::Conflict;
        let code = error.as_database_error().and_then(|error| error.code());
        self.db.observers().observe(&Event::StatementFailed {
            code: code.as_deref(),
        });
        if is_fatal(error) {
            self.link.cut();
        }
        self.ledger
            .statement_failed(error.to_string(), trouble == Trouble::Conflict);
    }

    pub(crate) fn push_hook(&mut self, hook: Hook) {
        self.hooks.push(hook);
    }

    /// Carries out what the ledger decided about a nested block that was left.
    pub(super) fn after_leaving(&mut self, left: Left) -> Option<Error> {
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
                hooks_kept,
                why,
            } => {
                observers.observe(&Event::Control(Control::RollBackTo(savepoint)));
                self.hooks.truncate(hooks_kept);
                self.orphan = matches!(self.link, Link::Running(_));
                // The rollback to the savepoint is the proof.
                self.unproven = false;
                why.map(|why| rolled_back(Some(why)))
            }
            Left::Doomed => None,
        }
    }

    /// Why no statement is sent.
    pub(super) fn refusal(&self) -> Error {
        Error::new(match self.ledger.mark() {
            Some(Mark::Failed { first, conflict }) => Kind::Broken {
                first: first.clone(),
                conflict: *conflict,
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

    fn warn_if_long(&self) {
        if !self.warned {
            self.life.warn_if_long();
        }
    }
}

/// The error of a block that was left without one and is rolled back all the same.
fn rolled_back(why: Option<Mark>) -> Error {
    Error::new(match why {
        Some(Mark::Failed { first, conflict }) => Kind::Broken { first, conflict },
        Some(Mark::Asked { place }) => Kind::RolledBack { place: Some(place) },
        Some(Mark::Joined) | None => Kind::RolledBack { place: None },
    })
}

/// After this error the connection cannot be trusted with another statement.
fn is_fatal(error: &sqlx::Error) -> bool {
    !matches!(error, sqlx::Error::Database(_)) || trouble(error) == Trouble::Cut
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
        let mut link = std::mem::replace(&mut self.link, Link::Gone);
        let options = self.options.clone();
        // Without a runtime nobody could wait for the server: the connection is closed where it stands.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let cleaned = tokio::time::timeout(GRACE, async {
                    let _: std::result::Result<(), sqlx::Error> = link.drain().await;
                    if let Some(held) = link.take() {
                        close_or_release(held, &options).await;
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
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}
