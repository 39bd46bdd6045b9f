//! The story in the terminal, act by act, and what is left after each.

use std::fmt::Write;
use std::path::Path;

use aftercommit::{BoxError, guard};

use crate::crash;
use crate::places::Places;
use crate::receivers::Mode;
use crate::service::Service;
use crate::users::NewUser;
use crate::views::Views;

struct Act {
    title: &'static str,
    mode: Mode,
    fails: bool,
    /// Rows, mails and documents that it should leave.
    leaves: [usize; 3],
}

const ACTS: [Act; 6] = [
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
    Act {
        title: "side effects written down in the transaction, and a later line fails",
        mode: Mode::Durable,
        fails: true,
        leaves: [0, 0, 0],
    },
    Act {
        title: "side effects written down in the transaction, and all goes well",
        mode: Mode::Durable,
        fails: false,
        leaves: [1, 1, 1],
    },
];

/// An act in which the process is killed between COMMIT and the mail.
struct Crash {
    title: &'static str,
    mode: Mode,
    /// Effects that are pending when the service starts again.
    pending: u64,
    /// Rows, mails and documents in the end.
    leaves: [usize; 3],
}

const CRASHES: [Crash; 2] = [
    Crash {
        title: "side effects after the commit, and the process is killed between COMMIT and the mail",
        mode: Mode::AfterCommit,
        pending: 0,
        leaves: [1, 0, 0],
    },
    Crash {
        title: "side effects written down in the transaction, and the process is killed at the same moment",
        mode: Mode::Durable,
        pending: 2,
        leaves: [1, 1, 1],
    },
];

/// Plays the story in folders of its own and returns it as a text. `program` is `hipster` itself, of which one process after
/// another is killed.
///
/// # Errors
///
/// The story does not end as told.
///
/// # Cancel safety
///
/// Dropped half-way, nothing of it is left but a process that is about to be killed.
pub async fn tell(program: &Path) -> Result<String, BoxError> {
    // The story makes the mistake on purpose.
    guard::set_policy(guard::Policy::Off);
    let mut text = String::new();
    let folder = tempfile::tempdir()?;
    let service = Service::open(&Places::in_folder(folder.path())).await?;
    let worker = service.start_worker().await?;
    for (number, act) in (1..).zip(&ACTS) {
        writeln!(text, "{number}. {}", act.title)?;
        play(act, &service, &mut text)
            .await
            .map_err(|error| format!("{text}{error}"))?;
    }
    worker.drain().await;
    for (number, act) in (ACTS.len() + 1..).zip(&CRASHES) {
        writeln!(text, "{number}. {}", act.title)?;
        crash(act, program, &mut text)
            .await
            .map_err(|error| format!("{text}{error}"))?;
    }
    writeln!(
        text,
        "One word decides: `during` leaves orphans, `after_commit` leaves none, and `durable` loses nothing either."
    )?;
    Ok(text)
}

async fn play(act: &Act, service: &Service, text: &mut String) -> Result<(), BoxError> {
    service.start_over().await?;
    let user = NewUser::new("ada", "ada@example.org", "correct horse")?;
    let registered = service.register(user, act.mode, act.fails).await;
    let views = service.settled().await?;
    let (mails, documents) = views.orphans();
    let told = registered.as_ref().map_or_else(
        |error| format!("rolled back: {error}"),
        |_| "committed".into(),
    );
    writeln!(text, "   {told}\n   {}", counts(&views))?;
    writeln!(text, "   orphans: {mails} mail, {documents} document\n")?;
    if registered.is_err() != act.fails {
        return Err("this should have ended the other way".into());
    }
    expect(&views, act.leaves)
}

async fn crash(act: &Crash, program: &Path, text: &mut String) -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let found = crash::and_again(program, folder.path(), act.mode).await?;
    let (at_first, in_the_end) = (&found.at_first, &found.in_the_end);
    writeln!(text, "   committed, and killed with SIGKILL")?;
    writeln!(
        text,
        "   {}   pending {}   when it starts again",
        counts(at_first),
        at_first.pending
    )?;
    writeln!(
        text,
        "   {}   pending {}   in the end",
        counts(in_the_end),
        in_the_end.pending
    )?;
    let (mails, documents) = in_the_end.missing();
    writeln!(text, "   lost: {mails} mail, {documents} document\n")?;
    if at_first.pending != act.pending {
        return Err(format!("{} effects should have been pending", act.pending).into());
    }
    expect(at_first, [1, 0, 0])?;
    expect(in_the_end, act.leaves)
}

fn counts(views: &Views) -> String {
    let [rows, mails, documents] = left(views);
    format!("database {rows}   mailbox {mails}   index {documents}")
}

fn left(views: &Views) -> [usize; 3] {
    [views.database.len(), views.mailbox.len(), views.index.len()]
}

fn expect(views: &Views, leaves: [usize; 3]) -> Result<(), BoxError> {
    if left(views) == leaves && views.dead == 0 {
        return Ok(());
    }
    Err(format!("this should have left {leaves:?} and no dead letter, and left {views:?}").into())
}
