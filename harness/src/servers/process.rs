//! Starting and ending a server process.

use std::ffi::OsStr;
use std::io::{self, Error};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A port that nobody listens on now.
pub(super) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// A command that runs as `user` if this process is root: database servers refuse to be.
pub(super) fn as_user(user: &str, program: impl AsRef<OsStr>) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", user, "--regid", user, "--clear-groups"])
        .arg(program);
    command
}

pub(super) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.starts_with(b"0"))
}

/// Hands a directory to the user that a server runs as.
pub(super) fn give(user: &str, directory: &Path) -> io::Result<()> {
    if is_root() {
        run(Command::new("chown").arg("-R").arg(user).arg(directory))
    } else {
        Ok(())
    }
}

/// Runs a command to its end; what it printed is in the error.
pub(super) fn run(command: &mut Command) -> io::Result<()> {
    answer(command).map(drop)
}

/// Runs a command to its end, and returns the last line that it printed.
pub(super) fn answer(command: &mut Command) -> io::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        let printed = String::from_utf8_lossy(&output.stdout);
        return Ok(printed.lines().last().unwrap_or_default().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::other(format!("{command:?} failed: {said}")))
}

/// Waits until something answers on the port, or the process has ended.
pub(super) fn wait_for_port(child: &mut Child, port: u16, log: &Path) -> io::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into();
    loop {
        if TcpStream::connect_timeout(&address, Duration::from_millis(100)).is_ok() {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            return Err(Error::other(format!(
                "the server ended with {status}: {said}"
            )));
        }
        if Instant::now() > deadline {
            return Err(Error::other(format!(
                "nothing listens on port {port} after a minute"
            )));
        }
        // There is no event to wait for: the server announces itself by listening.
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a signal to a process of ours.
pub(super) fn signal(child: &Child, name: &str) -> io::Result<()> {
    run(Command::new("kill")
        .arg(format!("-{name}"))
        .arg(child.id().to_string()))
}
