//! A PostgreSQL server that follows another one.

use std::io::{self, Error};
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::Command;

use super::super::process::{as_user, run};
use super::builder::{PostgresBuilder, replace_settings};
use super::{Postgres, USER};

/// How the standby is named at its primary.
const NAME: &str = "standby";

/// What a COMMIT of the primary waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Nothing of the standby: what was committed last may be lost when it is promoted.
    Asynchronous,
    /// The standby has it on its disk.
    Synchronous,
}

/// A hot standby. It takes reading queries, until it is promoted.
#[derive(Debug)]
pub struct Standby {
    /// Dropped before the server: a stopped process cannot end in order.
    stopped: Option<Stopped>,
    server: Postgres,
}

/// A process that was stopped by a signal. Dropped, it goes on.
#[derive(Debug)]
struct Stopped(u32);

impl Standby {
    /// Copies the primary, which is stopped in order for that and started again, and returns when the copy follows it.
    ///
    /// # Errors
    ///
    /// One of the two does not start.
    pub fn of(primary: &mut Postgres, wait: Wait) -> io::Result<Self> {
        primary.stop()?;
        let mut server = PostgresBuilder::stopped(primary.programs.clone())?;
        let copied = copy(&primary.data(), &server.data());
        primary.start_again()?;
        copied?;
        let primary_conninfo = format!(
            "host=127.0.0.1 port={} user=postgres application_name={NAME}",
            primary.port()
        );
        // Without those of the primary: nobody follows the standby, so that nobody is waited for after a promotion.
        let settings = [
            ("primary_conninfo", primary_conninfo.as_str()),
            ("wal_retrieve_retry_interval", "100ms"),
            ("synchronous_standby_names", ""),
        ];
        replace_settings(&server.data(), &settings)?;
        run(as_user(USER, "touch").arg(server.data().join("standby.signal")))?;
        server.start_again()?;
        let standby = Self {
            stopped: None,
            server,
        };
        standby.wait_until_following(primary)?;
        if wait == Wait::Synchronous {
            primary.set("synchronous_standby_names", NAME)?;
            wait_for(primary, "sync_state = 'sync'")?;
        }
        Ok(standby)
    }

    /// Returns when the standby receives what the primary writes, such as after a restart of either.
    ///
    /// # Errors
    ///
    /// The primary cannot be asked.
    pub fn wait_until_following(&self, primary: &Postgres) -> io::Result<()> {
        wait_for(primary, "state = 'streaming'")
    }

    /// Returns when queries to the standby see all that was committed on the primary before.
    ///
    /// # Errors
    ///
    /// One of the two cannot be asked.
    pub fn catch_up(&self, primary: &Postgres) -> io::Result<()> {
        // What was committed without waiting for the disk is written with this.
        let written = primary.run(&[
            "SET synchronous_commit = local; SELECT pg_logical_emit_message(true, 'aftercommit', '')",
            "SELECT pg_current_wal_flush_lsn()",
        ])?;
        let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn");
        while self.run(&[&replayed])? != "t" {}
        Ok(())
    }

    /// Stops its receiver: it gets nothing any more, and a COMMIT that waits for it waits until [`resume`](Self::resume), or
    /// until the primary gives the connection up after `wal_sender_timeout`.
    ///
    /// # Errors
    ///
    /// It does not follow a primary now.
    pub fn pause(&mut self) -> io::Result<()> {
        let receiver = self.run(&["SELECT pid FROM pg_stat_wal_receiver"])?;
        let receiver: u32 = receiver
            .parse()
            .map_err(|_| Error::other("the standby does not follow a primary now"))?;
        send(receiver, "STOP")?;
        self.stopped = Some(Stopped(receiver));
        // Whatever it was doing ends first.
        while state(receiver)? != Some('T') {}
        Ok(())
    }

    /// Lets its receiver go on.
    pub fn resume(&mut self) {
        self.stopped = None;
    }

    /// Makes it a primary, which takes writes when this returns. The old one goes on as long as nobody stops it. One that is
    /// paused is promoted with what it had then.
    ///
    /// # Errors
    ///
    /// It cannot be reached.
    pub fn promote(self) -> io::Result<Postgres> {
        let Self { stopped, server } = self;
        if let Some(Stopped(receiver)) = &stopped {
            // It ends as soon as it goes on, before it reads what has arrived meanwhile.
            send(*receiver, "TERM")?;
        }
        server.run(&["SELECT pg_promote(false)"])?;
        drop(stopped);
        while server.run(&["SELECT pg_is_in_recovery()"])? != "f" {}
        Ok(server)
    }
}

impl Deref for Standby {
    type Target = Postgres;

    fn deref(&self) -> &Postgres {
        &self.server
    }
}

impl DerefMut for Standby {
    fn deref_mut(&mut self) -> &mut Postgres {
        &mut self.server
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let _: io::Result<()> = send(self.0, "CONT");
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    run(as_user(USER, "cp").arg("-a").arg(from).arg(to))
}

/// Waits until the primary says this of its standby.
fn wait_for(primary: &Postgres, what: &str) -> io::Result<()> {
    let is = format!(
        "SELECT count(*) FROM pg_stat_replication WHERE application_name = '{NAME}' AND {what}"
    );
    // Asked again and again: replication has no event that a client could wait for.
    while primary.run(&[&is])? != "1" {}
    Ok(())
}

fn send(process: u32, signal: &str) -> io::Result<()> {
    run(Command::new("kill")
        .arg(format!("-{signal}"))
        .arg(process.to_string()))
}

/// How the kernel says that a process stands: `T` is stopped by a signal.
fn state(process: u32) -> io::Result<Option<char>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit(')').next();
    Ok(after_name.and_then(|rest| rest.trim_start().chars().next()))
}
