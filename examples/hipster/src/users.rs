//! Transaction: a user is saved, and the code behind it may fail.

use std::fmt;

use aftercommit::{Db, Error, Result, Tx};
use sqlx::Sqlite;

const INSERT: &str = include_str!("../sql/insert_user.sql");
const USERNAMES: &str = include_str!("../sql/usernames.sql");

/// The signal: a user was saved.
#[derive(Clone, Debug)]
pub struct UserSaved {
    pub id: i64,
    pub username: String,
    pub email: String,
}

/// What someone typed into the form, checked.
#[derive(Clone, Debug)]
pub struct NewUser {
    username: String,
    email: String,
}

/// Input that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadInput {
    Username,
    Email,
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadInput::Username => "a username has 1 to 40 letters, digits, “-” or “_”",
            BadInput::Email => "that does not look like an e-mail address",
        })
    }
}

impl std::error::Error for BadInput {}

impl NewUser {
    /// Checks the input: a name of 1 to 40 letters, digits, `-` or `_`, and something like an address.
    pub fn new(username: &str, email: &str) -> Result<Self, BadInput> {
        let (username, email) = (username.trim(), email.trim());
        let allowed = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if username.is_empty() || username.chars().count() > 40 || !username.chars().all(allowed) {
            return Err(BadInput::Username);
        }
        let parts = email
            .split_once('@')
            .filter(|(local, host)| !local.is_empty() && host.contains('.'));
        let printable = email.chars().all(|c| !c.is_control() && !c.is_whitespace());
        if parts.is_none() || !printable || email.len() > 200 {
            return Err(BadInput::Email);
        }
        Ok(Self {
            username: username.into(),
            email: email.into(),
        })
    }
}

/// Registers a user. `fails` is the switch of the story: the code behind the insert goes wrong.
pub async fn register(db: &Db<Sqlite>, user: NewUser, fails: bool) -> Result<()> {
    db.atomic(async |tx| {
        save(tx, user).await?;
        code_that_can_fail(fails)
    })
    .await
}

async fn save(tx: &mut Tx<Sqlite>, user: NewUser) -> Result<()> {
    let NewUser { username, email } = user;
    let insert = sqlx::query_scalar(INSERT).bind(&username).bind(&email);
    let id = insert.fetch_one(&mut *tx).await?;
    tx.send(UserSaved {
        id,
        username,
        email,
    })
    .await
}

fn code_that_can_fail(fails: bool) -> Result<()> {
    if fails {
        Err(Error::other("the code behind the insert failed"))
    } else {
        Ok(())
    }
}

/// Who the database knows.
pub async fn usernames(db: &Db<Sqlite>) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(USERNAMES).fetch_all(db.pool()).await?)
}
