//! How a MariaDB server is set up.

use std::fmt::Write;
use std::io::{self, Error};
use std::path::PathBuf;

use super::super::process::{as_user, free_port, give, run};
use super::programs::Programs;
use super::{MariaDb, USER};

/// The settings of a server that is to be started.
#[derive(Clone, Debug, Default)]
pub struct MariaDbBuilder {
    unpacked: Option<PathBuf>,
    settings: Vec<(String, String)>,
}

impl MariaDbBuilder {
    /// The folder into which a release was unpacked, instead of [`find_mariadb`](super::find_mariadb).
    #[must_use]
    pub fn programs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.unpacked = Some(folder.into());
        self
    }

    /// A line of `my.cnf`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Keeps a binary log, so that a [`Replica`](super::Replica) can follow the server.
    #[must_use]
    pub fn primary(self) -> Self {
        self.setting("server-id", "1")
            .setting("log-bin", "binlog")
            .setting("binlog-format", "ROW")
    }

    /// Makes a data directory, and starts a server on it with a database `test`.
    ///
    /// # Errors
    ///
    /// The programs are missing, or the server does not start; the text says what it said.
    pub fn start(self) -> io::Result<MariaDb> {
        let server = self.start_empty()?;
        // The rights are given one by one: `ALL` has the one to write to a server that is read-only.
        server.run(
            "CREATE DATABASE test CHARACTER SET utf8mb4;
             CREATE USER app@localhost, app@127.0.0.1;
             GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, REFERENCES, CREATE TEMPORARY TABLES,
                 LOCK TABLES, EXECUTE, CREATE ROUTINE, ALTER ROUTINE, CREATE VIEW, TRIGGER, RELOAD, PROCESS
                 ON *.* TO app@localhost, app@127.0.0.1",
        )?;
        Ok(server)
    }

    /// A server with nothing but its own tables.
    pub(super) fn start_empty(self) -> io::Result<MariaDb> {
        let programs = self
            .unpacked
            .map_or_else(Programs::find, |folder| Programs::unpacked(&folder))
            .ok_or_else(|| Error::other("MariaDB is missing: apt-get install mariadb-server"))?;
        let directory = tempfile::Builder::new()
            .prefix("aftercommit-mariadb-")
            .tempdir()?;
        let mut file =
            String::from("[mysqld]\nmax-connections=300\ncharacter-set-server=utf8mb4\n");
        if programs.base.is_some() {
            // As the releases after it have it by default.
            file.push_str("innodb-snapshot-isolation=ON\n");
        }
        for (name, value) in self.settings {
            // A String takes everything.
            let _: std::fmt::Result = writeln!(file, "{name}={value}");
        }
        std::fs::write(directory.path().join("my.cnf"), file)?;
        give(USER, directory.path())?;
        run(as_user(USER, &programs.install)
            .arg("--no-defaults")
            .args(programs.base_argument())
            .arg(format!(
                "--datadir={}",
                directory.path().join("data").display()
            ))
            .arg(format!("--tmpdir={}", directory.path().display()))
            .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
            .current_dir("/"))?;
        let mut server = MariaDb {
            programs,
            directory,
            port: free_port()?,
            process: None,
        };
        server.start_again()?;
        Ok(server)
    }
}
