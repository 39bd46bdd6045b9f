//! A PostgreSQL server.

mod builder;
mod programs;
mod standby;

use std::fs::File;
use std::io::{self, Error};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::process::{answer, as_user, signal, wait_for_port};

pub use builder::PostgresBuilder;
pub use programs::find_postgres;
pub use standby::{Standby, Wait};

use programs::client;

const USER: &str = "postgres";

/// A running server. Dropped, it ends and its data is gone.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    directory: TempDir,
    port: u16,
    process: Option<Child>,
}

impl Postgres {
    /// Makes a cluster and starts a server on it.
    ///
    /// # Errors
    ///
    /// The programs are missing, or the server does not start; the text says what it said.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// A server with settings of its own.
    pub fn builder() -> PostgresBuilder {
        PostgresBuilder::default()
    }

    /// Starts the server after [`kill`](Self::kill) or [`stop`](Self::stop), on the same port and data, and returns when it
    /// answers queries.
    ///
    /// # Errors
    ///
    /// The server does not start.
    pub fn start_again(&mut self) -> io::Result<()> {
        let log = self.directory.path().join("log");
        let log_file = File::options().create(true).append(true).open(&log)?;
        let mut child = as_user(USER, self.programs.join("postgres"))
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string()])
            .arg("-k")
            .arg(self.directory.path())
            .args(["-c", "listen_addresses=127.0.0.1"])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log_file)
            .spawn()?;
        let ready = wait_for_port(&mut child, self.port, &log)
            .and_then(|()| self.wait_until_ready(&mut child));
        // Kept in any case, so that it is ended.
        self.process = Some(child);
        ready
    }

    /// It listens before it has recovered.
    fn wait_until_ready(&self, child: &mut Child) -> io::Result<()> {
        let port = self.port.to_string();
        while child.try_wait()?.is_none() {
            let ready = Command::new(client("pg_isready")?)
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

    /// Runs statements in the database `postgres`, each in a transaction of its own, and answers with what the last of them
    /// returned, unaligned and without headings.
    ///
    /// # Errors
    ///
    /// The server refused one of them; the text says why.
    pub fn run(&self, statements: &[&str]) -> io::Result<String> {
        self.run_in("postgres", statements)
    }

    /// [`run`](Self::run) in any database.
    ///
    /// # Errors
    ///
    /// The server refused a statement; the text says why.
    pub fn run_in(&self, database: &str, statements: &[&str]) -> io::Result<String> {
        let mut psql = Command::new(client("psql")?);
        psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(self.url(database));
        for statement in statements {
            psql.args(["-c", statement]);
        }
        answer(&mut psql)
    }

    /// Changes a setting for good, and returns when new sessions have it. One that needs a restart has it after that.
    ///
    /// # Errors
    ///
    /// The server does not know the setting or refuses the value.
    pub fn set(&self, setting: &str, value: &str) -> io::Result<()> {
        const LOADED: &str = "SELECT pg_conf_load_time()";
        let before = self.run(&[LOADED])?;
        let value = value.replace('\'', "''");
        self.run(&[
            &format!("ALTER SYSTEM SET {setting} = '{value}'"),
            "SELECT pg_reload_conf()",
        ])?;
        while self.run(&[LOADED])? == before {}
        // The checkpointer is what switches synchronous replication on and off: it has heard of it before it does this.
        self.run(&["CHECKPOINT"]).map(drop)
    }

    /// Forgets the statistics of a database and those of the whole server, as an operator may at any time.
    ///
    /// # Errors
    ///
    /// The server cannot be reached.
    pub fn reset_statistics(&self, database: &str) -> io::Result<()> {
        let shared = ["bgwriter", "archiver", "wal"]
            .map(|what| format!("SELECT pg_stat_reset_shared('{what}')"));
        let mut statements = vec!["SELECT pg_stat_reset()"];
        statements.extend(shared.iter().map(String::as_str));
        self.run_in(database, &statements).map(drop)
    }

    /// Ends it like a power cut (`pg_ctl stop -m immediate`): nothing is written any more.
    ///
    /// # Errors
    ///
    /// It was not running.
    pub fn kill(&mut self) -> io::Result<()> {
        self.end("QUIT")
    }

    /// Ends it in order, and the sessions with it (`pg_ctl stop -m fast`).
    ///
    /// # Errors
    ///
    /// It was not running.
    pub fn stop(&mut self) -> io::Result<()> {
        self.end("INT")
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

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
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

#[cfg(test)]
mod tests;
