//! What the service does, whoever asks for it.

use std::sync::Arc;
use std::time::Duration;

use aftercommit::delivery::Running;
use aftercommit::{BoxError, Error, Result};
use aftercommit_search::{Indexed, Page};

use crate::accounts::Accounts;
use crate::index::{self, Access};
use crate::mailbox::{Mail, Mailbox};
use crate::receivers::Mode;
use crate::users::{NewUser, User};
use crate::views::Views;

/// Database, mailbox and index. Clones are the same service.
#[derive(Clone)]
pub struct Service {
    pub(crate) accounts: Arc<dyn Accounts>,
    pub(crate) mailbox: Mailbox,
    pub(crate) index: Indexed<User>,
    pub(crate) access: Access,
}

impl Service {
    /// Delivers effects in this process, from now on.
    ///
    /// # Errors
    ///
    /// Another process writes the index, or this service has a worker already.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it returns, no worker was started.
    pub async fn start_worker(&self) -> Result<Running> {
        self.must_write()?;
        self.accounts.start_worker().await
    }

    /// Whether another process delivers the effects and writes the index.
    pub fn only_commits(&self) -> bool {
        self.access == Access::Read
    }

    fn must_write(&self) -> Result<()> {
        if self.only_commits() {
            let why = "this process only commits: the one that delivers writes the index";
            return Err(Error::other(why));
        }
        Ok(())
    }

    /// Registers a user, with the receivers connected as the switch says. `false`: it was committed, but the mail or the
    /// index failed afterwards.
    ///
    /// # Errors
    ///
    /// The name is taken, or the switch made the code behind the save fail: nothing was committed.
    pub async fn register(&self, user: NewUser, mode: Mode, fails: bool) -> Result<bool> {
        if mode != Mode::Durable {
            self.must_write()?;
        }
        self.accounts.register(user, mode, fails).await
    }

    /// What each of the three says now, and what is still to follow.
    ///
    /// # Errors
    ///
    /// One of them cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Safe.
    pub async fn views(&self) -> Result<Views, BoxError> {
        // Asked first: what is not pending any more is seen by those asked behind it.
        let (pending, dead) = self.accounts.to_follow().await?;
        let sent = self.mailbox.sent()?;
        Ok(Views {
            database: self.accounts.usernames().await?,
            mailbox: sent.into_iter().map(|mail| mail.username).collect(),
            index: index::usernames(&self.index).await?,
            pending,
            dead,
        })
    }

    /// Waits until nothing is pending, and says what each of the three says then.
    ///
    /// # Errors
    ///
    /// As for [`views`](Self::views). It is not so within a minute.
    ///
    /// # Cancel safety
    ///
    /// Safe.
    pub async fn settled(&self) -> Result<Views, BoxError> {
        let settled = async {
            loop {
                let views = self.views().await?;
                if views.pending == 0 {
                    return Ok(views);
                }
                // A table tells nobody that it has changed.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(60), settled).await {
            Ok(views) => views,
            Err(_) => Err("something is still pending after a minute".into()),
        }
    }

    pub(crate) fn mails(&self) -> std::io::Result<Vec<Mail>> {
        self.mailbox.sent()
    }

    pub(crate) fn mail(&self, id: &str) -> Option<Mail> {
        self.mailbox.read(id)
    }

    pub(crate) async fn search(
        &self,
        words: &str,
        page: usize,
    ) -> aftercommit_search::Result<Page> {
        index::search(&self.index, words, page).await
    }

    /// Empties all three, and forgets what was still to follow.
    ///
    /// # Errors
    ///
    /// One of them cannot be written.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, some are empty.
    pub async fn start_over(&self) -> Result<(), BoxError> {
        self.must_write()?;
        self.accounts.clear().await?;
        self.mailbox.clear()?;
        self.index.clear().await?;
        Ok(())
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service")
            .field("mailbox", &self.mailbox)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::Places;

    /// In a process of its own: the guard's policy is the process's.
    #[tokio::test]
    async fn the_guard_finds_the_mistake_and_nothing_else() {
        aftercommit::guard::set_policy(aftercommit::guard::Policy::Refuse);
        let folder = tempfile::tempdir().expect("a folder");
        let service = Service::open(&Places::in_folder(folder.path()))
            .await
            .expect("opened");
        let user = || NewUser::new("ada", "ada@example.org", "correct horse").expect("sound");

        let error = service
            .register(user(), Mode::During, false)
            .await
            .expect_err("the mistake");
        assert_eq!(error.code(), Some("SIDE_EFFECT_INSIDE"));
        assert!(error.to_string().contains("mailbox.rs"), "{error}");
        assert_eq!(service.views().await.expect("read"), Views::default());

        service
            .register(user(), Mode::AfterCommit, false)
            .await
            .expect("no alarm");
        let worker = service.start_worker().await.expect("started");
        let other = NewUser::new("bob", "bob@example.org", "correct horse").expect("sound");
        service
            .register(other, Mode::Durable, false)
            .await
            .expect("no alarm");
        let views = service.settled().await.expect("delivered");
        assert_eq!(
            (views.mailbox.len(), views.index.len(), views.dead),
            (2, 2, 0)
        );
        worker.drain().await;
        let token = service
            .accounts
            .log_in("ada".into(), "correct horse".into())
            .await;
        service
            .accounts
            .log_out(token.expect("no alarm").expect("a session"))
            .await
            .expect("no alarm");
        service.search("ada", 1).await.expect("no alarm");
        service.start_over().await.expect("no alarm");
    }
}
