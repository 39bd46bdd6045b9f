//! Transaction: people register, and the code behind the save may fail; people log in and out.

use std::time::Duration;

use aftercommit::delivery::Running;
use aftercommit::model::Stored;
use aftercommit::{Db, Error, Event, Result, Worker};
use aftercommit_search::Indexed;
use futures_core::future::BoxFuture;

use crate::database::Database;
use crate::mailbox::Mailbox;
use crate::password;
use crate::receivers::{Mode, signals};
use crate::users::{NewUser, Profile, Session, User};

/// The accounts, whichever database they are in.
pub(crate) trait Accounts: Send + Sync {
    /// Registers a user, and says whether all who hear of it after the commit did their part. `fails` is the switch of the
    /// story: the code behind the save goes wrong.
    fn register(&self, user: NewUser, mode: Mode, fails: bool) -> BoxFuture<'_, Result<bool>>;

    /// A token for a session, if name and password are right.
    fn log_in(&self, username: String, password: String) -> BoxFuture<'_, Result<Option<String>>>;

    fn log_out(&self, token: String) -> BoxFuture<'_, Result<()>>;

    /// Who is logged in with this token.
    fn who(&self, token: String) -> BoxFuture<'_, Result<Option<User>>>;

    fn usernames(&self) -> BoxFuture<'_, Result<Vec<String>>>;

    /// How many effects are still to follow, and how many were given up.
    fn to_follow(&self) -> BoxFuture<'_, Result<(u64, u64)>>;

    /// Delivers effects in this process.
    fn start_worker(&self) -> BoxFuture<'_, Result<Running>>;

    fn clear(&self) -> BoxFuture<'_, Result<()>>;
}

/// Is told what happens while somebody registers.
pub(crate) type Watch = fn(&Event<'_>);

/// Accounts in a database.
pub(crate) struct InDatabase<DB: Database> {
    /// With the durable receivers, for the worker.
    db: Db<DB>,
    mailbox: Mailbox,
    index: Indexed<User>,
    watch: Watch,
}

/// After so long without a sign of life a worker is taken for dead. Short, so that whoever kills the service and starts it
/// again does not wait for long.
const LEASE: Duration = Duration::from_secs(3);

impl<DB: Database> InDatabase<DB>
where
    Profile: Stored<DB>,
{
    pub(crate) fn new(db: Db<DB>, mailbox: Mailbox, index: Indexed<User>, watch: Watch) -> Self {
        let receivers = signals(Mode::Durable, mailbox.clone(), &index);
        Self {
            db: db.with_signals(receivers),
            mailbox,
            index,
            watch,
        }
    }
}

impl<DB: Database> Accounts for InDatabase<DB>
where
    User: Stored<DB>,
    Profile: Stored<DB>,
    Session: Stored<DB>,
{
    fn register(&self, user: NewUser, mode: Mode, fails: bool) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            // It takes long on purpose, and a transaction should not wait for it.
            let password_hash = password::hash(user.password).await?;
            let mut user = User {
                id: 0,
                username: user.username,
                email: user.email,
                password_hash,
            };
            let receivers = signals(mode, self.mailbox.clone(), &self.index);
            let db = self.db.clone().with_signals(receivers);
            let db = db.with_observer(self.watch);
            let registered = db.atomic_report(async |tx| {
                tx.save(&mut user).await?;
                code_that_can_fail(fails)
            });
            Ok(registered.await?.failures().count() == 0)
        })
    }

    fn log_in(&self, username: String, given: String) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(async move {
            let read = aftercommit::Options::new().read_only();
            let known =
                self.db
                    .with(read)
                    .atomic(async |tx| match DB::user_id(tx, &username).await? {
                        Some(id) => tx.find::<User>(&id).await,
                        None => Ok(None),
                    });
            let user = known.await?;
            // A name that nobody has takes as long as a wrong password, so that the time does not tell them apart.
            let hash = user.as_ref().map(|user| user.password_hash.clone());
            let (true, Some(user)) = (password::is_right(given, hash).await?, user) else {
                return Ok(None);
            };
            let token = password::token()?;
            let mut session = Session {
                token_hash: password::token_hash(&token),
                user_id: user.id,
            };
            self.db.insert(&mut session).await?;
            Ok(Some(token))
        })
    }

    fn log_out(&self, token: String) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let hash = [password::token_hash(&token)];
            self.db.delete_many::<Session>(&hash).await.map(drop)
        })
    }

    fn who(&self, token: String) -> BoxFuture<'_, Result<Option<User>>> {
        Box::pin(async move {
            let hash = password::token_hash(&token);
            let read = aftercommit::Options::new().read_only();
            let found =
                self.db
                    .with(read)
                    .atomic(async |tx| match tx.find::<Session>(&hash).await? {
                        Some(session) => tx.find::<User>(&session.user_id).await,
                        None => Ok(None),
                    });
            found.await
        })
    }

    fn usernames(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        let read = aftercommit::Options::new().read_only();
        Box::pin(async move {
            self.db
                .with(read)
                .atomic(async |tx| DB::usernames(tx).await)
                .await
        })
    }

    fn to_follow(&self) -> BoxFuture<'_, Result<(u64, u64)>> {
        let read = aftercommit::Options::new().read_only();
        Box::pin(async move {
            let counted = self.db.with(read);
            let (pending, dead) = counted.atomic(async |tx| DB::to_follow(tx).await).await?;
            Ok((pending.unsigned_abs(), dead.unsigned_abs()))
        })
    }

    fn start_worker(&self) -> BoxFuture<'_, Result<Running>> {
        Box::pin(async move {
            let worker = Worker::new(&self.db).name("hipster").lease(LEASE);
            worker.start().await
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.db.atomic(async |tx| DB::clear(tx).await).await })
    }
}

fn code_that_can_fail(fails: bool) -> Result<()> {
    if fails {
        Err(Error::other("the code behind the save failed"))
    } else {
        Ok(())
    }
}
