//! A PostgreSQL server.

use std::fs::File;
use std::io::{self, Error};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::process::{as_user, free_port, give, run, signal, wait_for_port};

const USER: &str = "postgres";

/// A running server. Dropped, it ends and its data is gone.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    directory: TempDir,
    port: u16,
    process: Option<Child>,
}

/// Where the server's programs are: the newest that Debian's packages have installed.
pub fn find_postgres() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs
                .join("postgres")
                .exists()
                .then_some((version, programs))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, programs)| programs)
}

impl Postgres {
    /// Makes a cluster and starts a server on it.
    ///
    /// # Errors
    ///
    /// The programs are missing, or the server does not start; the text says what it said.
    pub fn start() -> io::Result<Self> {
        let programs = find_postgres()
            .ok_or_else(|| Error::other("PostgreSQL is missing: apt-get install postgresql"))?;
        let directory = tempfile::Builder::new()
            .prefix("aftercommit-postgres-")
            .tempdir()?;
        give(USER, directory.path())?;
        run(as_user(USER, programs.join("initdb"))
            .arg("-D")
            .arg(directory.path().join("data"))
            .args([
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
                "-N",
            ])
            .current_dir("/"))?;
        let mut server = Self {
            programs,
            directory,
            port: free_port()?,
            process: None,
        };
        server.start_again()?;
        Ok(server)
    }

    /// Starts the server after [`kill`](Self::kill) or [`stop`](Self::stop), on the same port and data.
    ///
    /// # Errors
    ///
    /// The server does not start.
    pub fn start_again(&mut self) -> io::Result<()> {
        let log = self.directory.path().join("log");
        let log_file = File::options().create(true).append(true).open(&log)?;
        let mut child = as_user(USER, self.programs.join("postgres"))
            .arg("-D")
            .arg(self.directory.path().join("data"))
            .args(["-p", &self.port.to_string()])
            .arg("-k")
            .arg(self.directory.path())
            .args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "max_connections=400",
            ])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log_file)
            .spawn()?;
        wait_for_port(&mut child, self.port, &log)?;
        self.wait_until_ready(&mut child)?;
        self.process = Some(child);
        Ok(())
    }

    /// It listens before it has recovered.
    fn wait_until_ready(&self, child: &mut Child) -> io::Result<()> {
        let port = self.port.to_string();
        while child.try_wait()?.is_none() {
            let ready = Command::new(self.programs.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &port])
                .status()?;
            if ready.success() {
                return Ok(());
            }
        }
        Err(Error::other("PostgreSQL ended while it was starting"))
    }

    /// The URL of a database of the server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process that it is, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Ends it like a power cut: nothing is written any more.
    ///
    /// # Errors
    ///
    /// It was not running.
    pub fn kill(&mut self) -> io::Result<()> {
        self.end("QUIT")
    }

    /// Ends it in order, and the sessions with it.
    ///
    /// # Errors
    ///
    /// It was not running.
    pub fn stop(&mut self) -> io::Result<()> {
        self.end("INT")
    }

    fn end(&mut self, how: &str) -> io::Result<()> {
        let mut child = self
            .process
            .take()
            .ok_or_else(|| Error::other("PostgreSQL is not running"))?;
        signal(&child, how)?;
        child.wait().map(drop)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _: io::Result<()> = self.kill();
    }
}
