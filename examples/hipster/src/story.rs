//! The story in the terminal: four acts, and what is left after each.

use std::fmt::Write;

use aftercommit::{BoxError, guard};

use crate::receivers::Mode;
use crate::service::{Places, Service};
use crate::users::NewUser;

struct Act {
    title: &'static str,
    mode: Mode,
    fails: bool,
    /// Rows, mails and documents that it should leave.
    leaves: [usize; 3],
}

const ACTS: [Act; 4] = [
    Act {
        title: "side effects during the transaction, and a later line fails",
        mode: Mode::During,
        fails: true,
        leaves: [0, 1, 1],
    },
    Act {
        title: "side effects after the commit, and a later line fails",
        mode: Mode::AfterCommit,
        fails: true,
        leaves: [0, 0, 0],
    },
    Act {
        title: "side effects after the commit, and all goes well",
        mode: Mode::AfterCommit,
        fails: false,
        leaves: [1, 1, 1],
    },
    Act {
        title: "side effects during the transaction, and all goes well",
        mode: Mode::During,
        fails: false,
        leaves: [1, 1, 1],
    },
];

/// Plays the story in a folder of its own and returns it as a text.
///
/// # Errors
///
/// The story does not end as told.
pub async fn tell() -> Result<String, BoxError> {
    let folder = tempfile::tempdir()?;
    let places = Places {
        folder: folder.path().to_owned(),
        database: None,
        smtp: None,
    };
    // The story makes the mistake on purpose.
    guard::set_policy(guard::Policy::Off);
    let service = Service::open(&places).await?;
    let mut text = String::new();
    for (number, act) in ACTS.iter().enumerate() {
        service.start_over().await?;
        let user = NewUser::new("ada", "ada@example.org", "correct horse")?;
        let registered = service.register(user, act.mode, act.fails).await;
        let views = service.views().await?;
        let left = [views.database.len(), views.mailbox.len(), views.index.len()];
        let (mails, documents) = views.orphans();

        writeln!(text, "{}. {}", number + 1, act.title)?;
        let told = registered.as_ref().map_or_else(
            |error| format!("rolled back: {error}"),
            |_| "committed".into(),
        );
        writeln!(text, "   {told}")?;
        writeln!(
            text,
            "   database {}   mailbox {}   index {}",
            left[0], left[1], left[2]
        )?;
        writeln!(text, "   orphans: {mails} mail, {documents} document\n")?;
        if left != act.leaves || registered.is_err() != act.fails {
            return Err(
                format!("{text}act {} should have left {:?}", number + 1, act.leaves).into(),
            );
        }
    }
    writeln!(
        text,
        "One word decides: `during` leaves orphans, `after_commit` leaves none."
    )?;
    Ok(text)
}
