//! The parts of the service, opened where the settings say.

use std::path::PathBuf;
use std::sync::Arc;

use aftercommit::model::Stored;
use aftercommit::{BoxError, Db, Result};
use aftercommit_mail::Smtp;
use aftercommit_search::{Indexed, Page};
use sqlx::{MySql, Postgres, Sqlite};

use crate::accounts::{Accounts, InDatabase};
use crate::database::Database;
use crate::index;
use crate::mailbox::{Mail, Mailbox};
use crate::receivers::Mode;
use crate::users::{NewUser, Profile, Session, User};
use crate::views::Views;

/// Where the service keeps its things.
#[derive(Clone, Debug)]
pub struct Places {
    /// For the index and the mail, and for the database if none is named.
    pub folder: PathBuf,
    /// The URL of a database: SQLite, Postgres or MySQL.
    pub database: Option<String>,
    /// The URL of a mail server.
    pub smtp: Option<String>,
}

/// Database, mailbox and index. Clones are the same service.
#[derive(Clone)]
pub struct Service {
    pub(crate) accounts: Arc<dyn Accounts>,
    mailbox: Mailbox,
    index: Indexed<User>,
}

impl Service {
    /// Opens what is there, or makes it.
    ///
    /// # Errors
    ///
    /// The folder cannot be written, the database cannot be reached, or something there cannot be read.
    pub async fn open(places: &Places) -> Result<Self, BoxError> {
        std::fs::create_dir_all(&places.folder)?;
        let smtp = places.smtp.as_deref().map(Smtp::from_url).transpose()?;
        let mailbox = Mailbox::open(places.folder.join("mail"), smtp)?;
        let index = index::open(&places.folder.join("index")).await?;
        let own = format!("sqlite://{}", places.folder.join("service.db").display());
        let url = places.database.as_deref().unwrap_or(&own);
        let accounts = match url.split(':').next() {
            Some("sqlite") => accounts::<Sqlite>(url, &mailbox, &index).await?,
            Some("postgres" | "postgresql") => accounts::<Postgres>(url, &mailbox, &index).await?,
            Some("mysql" | "mariadb") => accounts::<MySql>(url, &mailbox, &index).await?,
            _ => {
                return Err(
                    "the URL of the database begins with sqlite:, postgres: or mysql:".into(),
                );
            }
        };
        Ok(Self {
            accounts,
            mailbox,
            index,
        })
    }

    /// Registers a user, with the receivers connected as the switch says. `false`: it was committed, but the mail or the
    /// index failed afterwards.
    ///
    /// # Errors
    ///
    /// The name is taken, or the switch made the code behind the save fail: nothing was committed.
    pub async fn register(&self, user: NewUser, mode: Mode, fails: bool) -> Result<bool> {
        self.accounts.register(user, mode, fails).await
    }

    /// What each of the three says now.
    ///
    /// # Errors
    ///
    /// One of them cannot be read.
    pub async fn views(&self) -> Result<Views, BoxError> {
        let sent = self.mailbox.sent()?;
        Ok(Views {
            database: self.accounts.usernames().await?,
            mailbox: sent.into_iter().map(|mail| mail.username).collect(),
            index: index::usernames(&self.index).await?,
        })
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

    /// Empties all three.
    ///
    /// # Errors
    ///
    /// One of them cannot be written.
    pub async fn start_over(&self) -> Result<(), BoxError> {
        self.accounts.clear().await?;
        self.mailbox.clear()?;
        self.index.clear().await?;
        Ok(())
    }
}

async fn accounts<DB: Database>(
    url: &str,
    mailbox: &Mailbox,
    index: &Indexed<User>,
) -> Result<Arc<dyn Accounts>>
where
    User: Stored<DB>,
    Profile: Stored<DB>,
    Session: Stored<DB>,
{
    let db = Db::<DB>::connect(url).await?;
    db.migrate().await?;
    DB::create_tables(&db).await?;
    Ok(Arc::new(InDatabase {
        db,
        mailbox: mailbox.clone(),
        index: index.clone(),
    }))
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

    /// In a process of its own: the guard's policy is the process's.
    #[tokio::test]
    async fn the_guard_finds_the_mistake_and_nothing_else() {
        aftercommit::guard::set_policy(aftercommit::guard::Policy::Refuse);
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places {
            folder: folder.path().to_owned(),
            database: None,
            smtp: None,
        };
        let service = Service::open(&places).await.expect("opened");
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
