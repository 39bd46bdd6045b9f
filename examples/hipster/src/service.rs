//! The parts of the service, opened in one folder.

use std::path::Path;

use aftercommit::{BoxError, Db, Result};
use sqlx::Sqlite;

use crate::index::Index;
use crate::mailbox::Mailbox;
use crate::receivers::{Mode, signals};
use crate::users::{self, NewUser};
use crate::views::Views;

const TABLES: &str = include_str!("../sql/tables.sql");
const CLEAR: &str = include_str!("../sql/clear.sql");

/// Database, mailbox and index.
#[derive(Clone, Debug)]
pub struct Service {
    db: Db<Sqlite>,
    mailbox: Mailbox,
    index: Index,
}

impl Service {
    /// Opens what is in the folder, or makes it.
    ///
    /// # Errors
    ///
    /// The folder cannot be written, or something in it cannot be read.
    pub async fn open(folder: &Path) -> Result<Self, BoxError> {
        std::fs::create_dir_all(folder)?;
        let db = Db::connect(&format!("sqlite://{}", folder.join("hipster.db").display())).await?;
        sqlx::raw_sql(TABLES).execute(db.pool()).await?;
        let mailbox = Mailbox::open(folder.join("mail"))?;
        let index = Index::open(&folder.join("index"))?;
        Ok(Self { db, mailbox, index })
    }

    /// Registers a user, with the receivers connected as the switch says.
    ///
    /// # Errors
    ///
    /// The name is taken, or the switch made the code behind the insert fail: nothing was committed.
    pub async fn register(&self, user: NewUser, mode: Mode, fails: bool) -> Result<()> {
        let signals = signals(mode, self.mailbox.clone(), self.index.clone());
        users::register(&self.db.clone().with_signals(signals), user, fails).await
    }

    /// What each of the three says now.
    ///
    /// # Errors
    ///
    /// One of them cannot be read.
    pub async fn views(&self) -> Result<Views, BoxError> {
        Ok(Views {
            database: users::usernames(&self.db).await?,
            mailbox: self.mailbox.usernames()?,
            index: self.index.usernames()?,
        })
    }

    /// Empties all three.
    ///
    /// # Errors
    ///
    /// One of them cannot be written.
    pub async fn start_over(&self) -> Result<(), BoxError> {
        sqlx::query(CLEAR).execute(self.db.pool()).await?;
        self.mailbox.clear()?;
        self.index.clear().await?;
        Ok(())
    }
}
