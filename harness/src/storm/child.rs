//! One process of a storm.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process, pidfd_open, waitid,
};

use super::Role;

/// A process that is killed and reaped when it is dropped.
#[derive(Debug)]
pub(super) struct StormChild {
    /// Which of the roles it has.
    pub(super) role: usize,
    /// Which of the role's processes it is; its successor has the same.
    pub(super) number: usize,
    process: Child,
    /// Can be polled for the end of the process.
    end: OwnedFd,
    errors: PathBuf,
    paused: bool,
}

/// How a process has ended by itself.
#[derive(Debug)]
pub(super) struct End {
    pub(super) role: usize,
    pub(super) status: ExitStatus,
    /// What it printed as errors.
    pub(super) said: String,
}

impl StormChild {
    pub(super) fn start(at: usize, role: &Role, number: usize, folder: &Path) -> io::Result<Self> {
        let errors = folder.join(format!("{at}-{number}"));
        let process = Command::new(&role.program)
            .args(&role.arguments)
            .envs(role.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&errors)?)
            .spawn()
            .map_err(|error| io::Error::other(format!("{}: {error}", role.program.display())))?;
        Ok(Self {
            role: at,
            number,
            end: pidfd_open(Pid::from_child(&process), PidfdFlags::empty())?,
            process,
            errors,
            paused: false,
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    /// Becomes readable when the process has ended.
    pub(super) fn end(&self) -> &OwnedFd {
        &self.end
    }

    /// Kills and reaps it; returns its end if it was quicker.
    pub(super) fn kill(&mut self) -> io::Result<Option<End>> {
        self.process.kill()?;
        let end = self.reap()?;
        let was_killed = end.status.signal() == Some(Signal::KILL.as_raw());
        Ok((!was_killed).then_some(end))
    }

    /// Waits for its end.
    pub(super) fn reap(&mut self) -> io::Result<End> {
        let status = self.process.wait()?;
        let said = std::fs::read(&self.errors)?;
        Ok(End {
            role: self.role,
            status,
            said: String::from_utf8_lossy(&said).trim_end().to_owned(),
        })
    }

    /// Returns when it stands still.
    pub(super) fn pause(&mut self) -> io::Result<()> {
        let pid = Pid::from_child(&self.process);
        kill_process(pid, Signal::STOP)?;
        // An end would be left for `reap`.
        let options = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let stopped = waitid(WaitId::Pid(pid), options)?;
        self.paused = stopped.is_some_and(|status| status.stopped());
        if self.paused {
            Ok(())
        } else {
            Err(io::Error::other("the process has ended"))
        }
    }

    pub(super) fn resume(&mut self) -> io::Result<()> {
        kill_process(Pid::from_child(&self.process), Signal::CONT)?;
        self.paused = false;
        Ok(())
    }
}

impl Drop for StormChild {
    fn drop(&mut self) {
        let _: io::Result<()> = self.process.kill();
        let _: io::Result<ExitStatus> = self.process.wait();
    }
}
