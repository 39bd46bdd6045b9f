//! A MariaDB server.

use std::fs::File;
use std::io::{self, Error};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::process::{as_user, free_port, give, run, signal, wait_for_port};

const USER: &str = "mysql";

/// A running server. Dropped, it ends and its data is gone.
#[derive(Debug)]
pub struct MariaDb {
    program: PathBuf,
    directory: TempDir,
    port: u16,
    process: Option<Child>,
}

/// Where the server's program is.
pub fn find_mariadb() -> Option<PathBuf> {
    [
        "/usr/sbin/mariadbd",
        "/usr/sbin/mysqld",
        "/usr/libexec/mariadbd",
    ]
    .into_iter()
    .map(PathBuf::from)
    .find(|path| path.exists())
}

impl MariaDb {
    /// Makes a data directory, and starts a server on it with a database `test`.
    ///
    /// # Errors
    ///
    /// The programs are missing, or the server does not start; the text says what it said.
    pub fn start() -> io::Result<Self> {
        let program = find_mariadb()
            .ok_or_else(|| Error::other("MariaDB is missing: apt-get install mariadb-server"))?;
        let directory = tempfile::Builder::new()
            .prefix("aftercommit-mariadb-")
            .tempdir()?;
        give(USER, directory.path())?;
        run(as_user(USER, "mariadb-install-db")
            .arg("--no-defaults")
            .arg(format!(
                "--datadir={}",
                directory.path().join("data").display()
            ))
            .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
            .current_dir("/"))?;
        let mut server = Self {
            program,
            directory,
            port: free_port()?,
            process: None,
        };
        server.start_again()?;
        let create = "CREATE DATABASE test CHARACTER SET utf8mb4";
        run(Command::new("mariadb").args([
            "--no-defaults",
            "-h",
            "127.0.0.1",
            "-u",
            "root",
            "-P",
            &server.port.to_string(),
            "-e",
            create,
        ]))?;
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
        let directory = self.directory.path();
        // Its own `--user` is for a server that is started by root and drops the right itself.
        let mut command = as_user(USER, &self.program);
        command
            .arg("--no-defaults")
            .arg(format!("--datadir={}", directory.join("data").display()))
            .arg(format!("--socket={}", directory.join("socket").display()))
            .arg(format!("--pid-file={}", directory.join("pid").display()))
            .arg(format!("--port={}", self.port))
            .args([
                "--bind-address=127.0.0.1",
                "--max-connections=300",
                "--character-set-server=utf8mb4",
            ])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log_file);
        let mut child = command.spawn()?;
        wait_for_port(&mut child, self.port, &log)?;
        self.process = Some(child);
        Ok(())
    }

    /// The URL of a database of the server.
    pub fn url(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process that it is, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
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
