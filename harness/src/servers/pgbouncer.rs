//! A connection pooler in front of PostgreSQL.
//!
//! Debian's PgBouncer, 1.18, does not know prepared statements: it passes them on, by name, to whichever server
//! connection its client has at that moment. What that means for a client of sqlx 0.9, by mode:
//!
//! - [`Session`](PoolMode::Session): nothing. A client holds one of the twenty server connections until it
//!   disconnects, so that pools of clients must not be larger than that in sum.
//! - [`Transaction`](PoolMode::Transaction): `statement_cache_capacity(0)` is of no help, for sqlx still gives each
//!   statement a name, `sqlx_s_1` and so on, which the next client then finds taken. A query with arguments needs
//!   `.persistent(false)` **and a transaction around it**. Outside of one it is prepared in one transaction and
//!   executed in the next, on whichever server connection is free: with sixty clients at work, half of 9,000 such
//!   queries ran *another client's statement* and said nothing. `raw_sql` always works.
//! - [`Statement`](PoolMode::Statement): `raw_sql` alone, and no transaction.
//!
//! Connection options (`search_path`) are refused in all modes, and a `SET` outside of a transaction is lost or given to
//! somebody else in the latter two: a test that wants a place of its own takes a database.
//!
//! While the server is down, a client of the pooler stays connected. Its query waits for the server, up to two minutes,
//! or is refused with 08P01 if a login has just failed.

use std::fs::File;
use std::io::{self, Error};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use tempfile::TempDir;

use super::process::{as_user, free_port, give, signal, wait_for_port};

const USER: &str = "postgres";
const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// How long a client keeps the server's connection that it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolMode {
    /// Until it disconnects.
    Session,
    /// Until its transaction ends.
    Transaction,
    /// Until its statement ends; a transaction of several statements is refused.
    Statement,
}

/// A running PgBouncer. Dropped, it ends.
///
/// It opens at most 20 connections to each database, and takes 500 clients.
#[derive(Debug)]
pub struct PgBouncer {
    /// Its configuration and its log.
    _directory: TempDir,
    port: u16,
    process: Child,
}

/// Where the pooler's program is.
pub fn find_pgbouncer() -> Option<PathBuf> {
    Some(PathBuf::from(PROGRAM)).filter(|path| path.exists())
}

impl PgBouncer {
    /// Starts a pooler for all databases of a PostgreSQL server on this machine.
    ///
    /// # Errors
    ///
    /// The program is missing, or the pooler does not start; the text says what it said.
    pub fn start(postgres_port: u16, pool_mode: PoolMode) -> io::Result<Self> {
        let program = find_pgbouncer()
            .ok_or_else(|| Error::other("PgBouncer is missing: apt-get install pgbouncer"))?;
        let directory = tempfile::Builder::new()
            .prefix("aftercommit-pgbouncer-")
            .tempdir()?;
        let port = free_port()?;
        let configuration = include_str!("pgbouncer.ini")
            .replace("{postgres_port}", &postgres_port.to_string())
            .replace("{port}", &port.to_string())
            .replace("{pool_mode}", pool_mode.name());
        let file = directory.path().join("pgbouncer.ini");
        std::fs::write(&file, configuration)?;
        give(USER, directory.path())?;
        let log = directory.path().join("log");
        let mut process = as_user(USER, program)
            .arg(file)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        wait_for_port(&mut process, port, &log)?;
        Ok(Self {
            _directory: directory,
            port,
            process,
        })
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database of the server behind it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl PoolMode {
    fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Transaction => "transaction",
            Self::Statement => "statement",
        }
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _: io::Result<()> = signal(&self.process, "TERM");
        let _: io::Result<std::process::ExitStatus> = self.process.wait();
    }
}

#[cfg(test)]
mod tests;
