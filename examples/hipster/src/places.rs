//! The parts of the service, opened where the settings say.

use std::path::PathBuf;
use std::sync::Arc;

use aftercommit::model::Stored;
use aftercommit::{BoxError, Db, Result};
use aftercommit_mail::Smtp;
use aftercommit_search::Indexed;
use sqlx::{MySql, Postgres, Sqlite};

use crate::accounts::{Accounts, InDatabase, Watch};
use crate::database::Database;
use crate::index::{self, Access};
use crate::mailbox::Mailbox;
use crate::service::Service;
use crate::users::{Profile, Session, User};

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

impl Places {
    /// Everything in one folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            database: None,
            smtp: None,
        }
    }
}

impl Service {
    /// Opens what is there, or makes it. Effects are delivered once there is a [worker](Self::start_worker).
    ///
    /// # Errors
    ///
    /// The folder cannot be written, the database cannot be reached, or something there cannot be read. Another process writes
    /// the index.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, some of it has been made; opening it again finds that.
    pub async fn open(places: &Places) -> Result<Self, BoxError> {
        Self::open_as(places, Access::Write, |_| ()).await
    }

    /// The same for a process that only commits. Another one delivers the effects, and writes the index; here it is only asked.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    ///
    /// # Cancel safety
    ///
    /// As for [`open`](Self::open).
    pub async fn open_without_worker(places: &Places) -> Result<Self, BoxError> {
        Self::open_as(places, Access::Read, |_| ()).await
    }

    pub(crate) async fn open_as(
        places: &Places,
        access: Access,
        watch: Watch,
    ) -> Result<Self, BoxError> {
        std::fs::create_dir_all(&places.folder)?;
        let smtp = places.smtp.as_deref().map(Smtp::from_url).transpose()?;
        let mailbox = Mailbox::open(places.folder.join("mail"), smtp)?;
        let index = index::open(&places.folder.join("index"), access).await;
        let index = index.map_err(|error| match error.code() {
            "SEARCH_LOCKED" => {
                format!("{error} (a web process leaves it to a worker with --no-worker)").into()
            }
            _ => BoxError::from(error),
        })?;
        let own = format!("sqlite://{}", places.folder.join("service.db").display());
        let url = places.database.as_deref().unwrap_or(&own);
        let accounts = match url.split(':').next() {
            Some("sqlite") => accounts::<Sqlite>(url, &mailbox, &index, watch).await?,
            Some("postgres" | "postgresql") => {
                accounts::<Postgres>(url, &mailbox, &index, watch).await?
            }
            Some("mysql" | "mariadb") => accounts::<MySql>(url, &mailbox, &index, watch).await?,
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
            access,
        })
    }
}

async fn accounts<DB: Database>(
    url: &str,
    mailbox: &Mailbox,
    index: &Indexed<User>,
    watch: Watch,
) -> Result<Arc<dyn Accounts>>
where
    User: Stored<DB>,
    Profile: Stored<DB>,
    Session: Stored<DB>,
{
    let db = Db::<DB>::connect(url).await?;
    db.migrate().await?;
    DB::create_tables(&db).await?;
    let accounts = InDatabase::new(db, mailbox.clone(), index.clone(), watch);
    Ok(Arc::new(accounts))
}
