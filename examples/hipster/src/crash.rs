//! The process dies between COMMIT and what follows it.

use std::path::Path;
use std::process::{ExitStatus, Stdio};

use aftercommit::{BoxError, Event, guard};

use crate::index::Access;
use crate::places::Places;
use crate::receivers::Mode;
use crate::service::Service;
use crate::users::NewUser;
use crate::views::Views;

/// What was found after the crash: at first, and when nothing was pending any more.
pub(crate) struct Found {
    pub(crate) at_first: Views,
    pub(crate) in_the_end: Views,
}

/// Registers Ada in another process, which dies of it; then opens the same folder as the service does when it starts again.
pub(crate) async fn and_again(
    program: &Path,
    folder: &Path,
    mode: Mode,
) -> Result<Found, BoxError> {
    let ended = tokio::process::Command::new(program)
        .args(["--die-after-commit", mode.word(), "--data"])
        .arg(folder)
        .stdin(Stdio::null())
        .status()
        .await?;
    if !was_killed(ended) {
        return Err(format!("the process should have been killed, and ended with {ended}").into());
    }
    let service = Service::open(&Places::in_folder(folder)).await?;
    let at_first = service.views().await?;
    let worker = service.start_worker().await?;
    let in_the_end = service.settled().await?;
    worker.drain().await;
    Ok(Found {
        at_first,
        in_the_end,
    })
}

/// The other process: it is the service, worker included, and is killed as soon as the commit is confirmed.
///
/// # Errors
///
/// It was not killed.
///
/// # Cancel safety
///
/// It is there to be cut off.
pub async fn die_after_commit(places: &Places, mode: Mode) -> Result<(), BoxError> {
    guard::set_policy(guard::Policy::Off);
    let service = Service::open_as(places, Access::Write, |event| {
        if matches!(event, Event::Committed { .. }) {
            kill_this_process();
        }
    })
    .await?;
    let worker = service.start_worker().await?;
    let ada = NewUser::new("ada", "ada@example.org", "correct horse")?;
    service.register(ada, mode, false).await?;
    worker.drain().await;
    Err("the process has outlived the commit that should have been its end".into())
}

/// As by `kill -9`: nothing of this process runs any more when this returns, and it does not return.
fn kill_this_process() {
    let killed = std::process::Command::new("sh")
        .args(["-c", "kill -9 $PPID"])
        .status();
    // Somewhere without a shell. It is no SIGKILL, which the other side will say.
    tracing::error!(?killed, "this process could not be killed");
    std::process::abort();
}

#[cfg(unix)]
fn was_killed(ended: ExitStatus) -> bool {
    const SIGKILL: i32 = 9;
    std::os::unix::process::ExitStatusExt::signal(&ended) == Some(SIGKILL)
}

#[cfg(not(unix))]
fn was_killed(ended: ExitStatus) -> bool {
    !ended.success()
}
