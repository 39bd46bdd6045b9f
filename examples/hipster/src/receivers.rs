//! Signal: who hears that a user was saved, and when.

use aftercommit::model::Stored;
use aftercommit::signal::with_state;
use aftercommit::{Delivery, Dialect, Outcome, Result, Saved, Signals, Tx};
use aftercommit_search::Indexed;
use serde::{Deserialize, Serialize};

use crate::mailbox::Mailbox;
use crate::users::{Profile, User};

/// The switch of the story.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The mistake: side effects inside the transaction.
    #[default]
    During,
    /// The cure.
    AfterCommit,
    /// The cure that a crash does not undo.
    Durable,
}

impl Mode {
    /// The word in the code.
    pub fn word(self) -> &'static str {
        match self {
            Mode::During => "during",
            Mode::AfterCommit => "after_commit",
            Mode::Durable => "durable",
        }
    }

    /// The mode of a word.
    pub fn of(word: &str) -> Option<Self> {
        let all = [Mode::During, Mode::AfterCommit, Mode::Durable];
        all.into_iter().find(|mode| mode.word() == word)
    }
}

/// Connects the receivers. Between the mistake and the cures there is one word.
pub(crate) fn signals<DB: Dialect>(
    mode: Mode,
    mailbox: Mailbox,
    index: &Indexed<User>,
) -> Signals<DB>
where
    Profile: Stored<DB>,
{
    // A profile is a row of the same database: it belongs into the transaction in any case.
    let signals = Signals::new().during("create_profile", create_profile::<DB>);
    match mode {
        Mode::During => {
            let signals = signals.during("send_welcome", with_state(mailbox, send_welcome));
            index.during(signals)
        }
        Mode::AfterCommit => {
            let signals = signals.after_commit("send_welcome", with_state(mailbox, send_welcome));
            index.after_commit(signals)
        }
        Mode::Durable => {
            let signals = signals.durable("send_welcome", with_state(mailbox, deliver_welcome));
            index.durable(signals)
        }
    }
}

async fn create_profile<DB: Dialect>(tx: &mut Tx<DB>, saved: &Saved<User>) -> Result<()>
where
    Profile: Stored<DB>,
{
    let about = format!("{} is new here.", saved.instance.username);
    let mut profile = Profile {
        user_id: saved.instance.id,
        about,
    };
    tx.insert(&mut profile).await
}

async fn send_welcome(mailbox: &Mailbox, saved: &Saved<User>) -> Result<()> {
    mailbox.welcome(&saved.instance).await
}

/// `send_welcome` would do behind `durable` as well. But what may come twice should be the same mail, and the delivery has the
/// id for that.
async fn deliver_welcome(mailbox: &Mailbox, saved: Delivery<Saved<User>>) -> Result<Outcome> {
    mailbox.deliver_welcome(&saved).await
}
