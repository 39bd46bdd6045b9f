//! A MariaDB server.

mod builder;
mod programs;
mod replica;

use std::fs::File;
use std::io::{self, Error};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::process::{answer, as_user, signal, wait_for_port};

pub use builder::MariaDbBuilder;
pub use programs::find_mariadb;
pub use replica::{Replica, Writes};

use programs::Programs;

const USER: &str = "mysql";

/// A running server. Dropped, it ends and its data is gone.
///
/// Besides `root`, who may everything and so writes to a replica that is read-only too, it has a user `app`, who may what an
/// application needs.
#[derive(Debug)]
pub struct MariaDb {
    programs: Programs,
    directory: TempDir,
    port: u16,
    process: Option<Child>,
}

impl MariaDb {
    /// Makes a data directory, and starts a server on it with a database `test`.
    ///
    /// # Errors
    ///
    /// The programs are missing, or the server does not start; the text says what it said.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// A server with settings of its own.
    pub fn builder() -> MariaDbBuilder {
        MariaDbBuilder::default()
    }

    /// Starts the server after [`kill`](Self::kill) or [`stop`](Self::stop), on the same port and data.
    ///
    /// # Errors
    ///
    /// The server does not start.
    pub fn start_again(&mut self) -> io::Result<()> {
        let log = self.directory.path().join("log");
        let log_file = File::options().create(true).append(true).open(&log)?;
        let directory = self.directory.path();
        // Its own `--user` is for a server that is started by root and drops the right itself.
        let mut child = as_user(USER, &self.programs.server)
            .arg(format!(
                "--defaults-file={}",
                directory.join("my.cnf").display()
            ))
            .args(self.programs.base_argument())
            .arg(format!("--datadir={}", directory.join("data").display()))
            .arg(format!("--socket={}", directory.join("socket").display()))
            // A server that starts removes what looks like its own from there.
            .arg(format!("--tmpdir={}", directory.display()))
            .arg(format!("--pid-file={}", directory.join("pid").display()))
            .arg(format!("--port={}", self.port))
            .arg("--bind-address=127.0.0.1")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log_file)
            .spawn()?;
        let ready = wait_for_port(&mut child, self.port, &log);
        // Kept in any case, so that it is ended.
        self.process = Some(child);
        ready
    }

    /// The URL of a database of the server, for `root`.
    pub fn url(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL of a database of the server, for the user `app`.
    pub fn app_url(&self, database: &str) -> String {
        format!("mysql://app@127.0.0.1:{}/{database}", self.port)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process that it is, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Runs statements as `root`, and answers with the last row that they returned, its columns separated by tabs.
    ///
    /// # Errors
    ///
    /// The server refused one of them; the text says why.
    pub fn run(&self, statements: &str) -> io::Result<String> {
        answer(Command::new("mariadb").args([
            "--no-defaults",
            "--batch",
            "--skip-column-names",
            "-h",
            "127.0.0.1",
            "-u",
            "root",
            "-P",
            &self.port.to_string(),
            "-e",
            statements,
        ]))
    }

    /// Ends it like a power cut.
    ///
    /// # Errors
    ///
    /// It was not running.
    pub fn kill(&mut self) -> io::Result<()> {
        self.end("KILL")
    }

    /// Ends it in order.
    ///
    /// # Errors
    ///
    /// It was not running.
    pub fn stop(&mut self) -> io::Result<()> {
        self.end("TERM")
    }

    /// Stops it in order and starts it again.
    ///
    /// # Errors
    ///
    /// It was not running, or it does not start.
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop()?;
        self.start_again()
    }

    fn end(&mut self, how: &str) -> io::Result<()> {
        let mut child = self
            .process
            .take()
            .ok_or_else(|| Error::other("MariaDB is not running"))?;
        signal(&child, how)?;
        child.wait().map(drop)
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let _: io::Result<()> = self.kill();
    }
}

#[cfg(test)]
mod tests;
