//! Signal: who hears that a user was saved, and when.

use aftercommit::signal::with_state;
use aftercommit::{Result, Signals, Tx};
use serde::{Deserialize, Serialize};
use sqlx::Sqlite;

use crate::index::Index;
use crate::mailbox::Mailbox;
use crate::users::UserSaved;

const INSERT_PROFILE: &str = include_str!("../sql/insert_profile.sql");

/// The switch of the story.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The mistake: side effects inside the transaction.
    #[default]
    During,
    /// The cure.
    AfterCommit,
}

/// Connects the receivers. Between the mistake and the cure there is one word.
pub fn signals(mode: Mode, mailbox: Mailbox, index: Index) -> Signals<Sqlite> {
    // A profile is a row of the same database: it belongs into the transaction in any case.
    let signals = Signals::new().during("create_profile", create_profile);
    match mode {
        Mode::During => signals
            .during("send_welcome", with_state(mailbox, send_welcome))
            .during("index_user", with_state(index, index_user)),
        Mode::AfterCommit => signals
            .after_commit("send_welcome", with_state(mailbox, send_welcome))
            .after_commit("index_user", with_state(index, index_user)),
    }
}

async fn create_profile(tx: &mut Tx<Sqlite>, saved: &UserSaved) -> Result<()> {
    sqlx::query(INSERT_PROFILE)
        .bind(saved.id)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

async fn send_welcome(mailbox: &Mailbox, saved: &UserSaved) -> Result<()> {
    mailbox.send(&saved.email, &saved.username).await
}

async fn index_user(index: &Index, saved: &UserSaved) -> Result<()> {
    index.add(&saved.username).await
}
