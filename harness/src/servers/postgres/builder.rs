//! How a PostgreSQL server is set up.

use std::fs::{File, OpenOptions};
use std::io::{self, Error, Write};
use std::path::{Path, PathBuf};

use super::super::process::{as_user, free_port, give, run};
use super::{Postgres, USER, find_postgres};

/// The settings of a server that is to be started.
#[derive(Clone, Debug, Default)]
pub struct PostgresBuilder {
    programs: Option<PathBuf>,
    settings: Vec<(String, String)>,
}

impl PostgresBuilder {
    /// The folder of `initdb` and `postgres`, instead of [`find_postgres`].
    #[must_use]
    pub fn programs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.programs = Some(folder.into());
        self
    }

    /// A line of `postgresql.conf`. It can be changed later by [`Postgres::set`].
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Makes a cluster and starts a server on it.
    ///
    /// # Errors
    ///
    /// The programs are missing, or the server does not start; the text says what it said.
    pub fn start(self) -> io::Result<Postgres> {
        let programs = self.programs.or_else(find_postgres);
        let programs = programs
            .ok_or_else(|| Error::other("PostgreSQL is missing: apt-get install postgresql"))?;
        let mut server = Self::stopped(programs)?;
        run(as_user(USER, server.programs.join("initdb"))
            .arg("-D")
            .arg(server.data())
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
        let mut settings = OpenOptions::new()
            .append(true)
            .open(server.data().join("postgresql.conf"))?;
        // What a standby has not fetched yet is kept for it.
        let usual = [("max_connections", "400"), ("wal_keep_size", "1GB")];
        let own = self
            .settings
            .iter()
            .map(|(name, value)| (&**name, &**value));
        for (name, value) in usual.into_iter().chain(own) {
            write_setting(&mut settings, name, value)?;
        }
        server.start_again()?;
        Ok(server)
    }

    /// A server without data.
    pub(super) fn stopped(programs: PathBuf) -> io::Result<Postgres> {
        let directory = tempfile::Builder::new()
            .prefix("aftercommit-postgres-")
            .tempdir()?;
        give(USER, directory.path())?;
        Ok(Postgres {
            programs,
            directory,
            port: free_port()?,
            process: None,
        })
    }
}

/// Replaces what `ALTER SYSTEM` has set.
pub(super) fn replace_settings(data: &Path, settings: &[(&str, &str)]) -> io::Result<()> {
    let mut file = File::create(data.join("postgresql.auto.conf"))?;
    for (name, value) in settings {
        write_setting(&mut file, name, value)?;
    }
    Ok(())
}

fn write_setting(file: &mut File, name: &str, value: &str) -> io::Result<()> {
    writeln!(file, "{name} = '{}'", value.replace('\'', "''"))
}
