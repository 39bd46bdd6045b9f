//! A MariaDB server that follows another one.

use std::io::{self, Error};
use std::ops::{Deref, DerefMut};

use super::MariaDb;

/// Which writes a replica takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// Those of its primary, and of `root`.
    Refused,
    /// Everybody's, which its primary never hears of.
    Taken,
}

/// A replica, until it is promoted. It follows asynchronously.
#[derive(Debug)]
pub struct Replica {
    server: MariaDb,
}

impl Replica {
    /// Starts a server that follows the primary, and returns when it has caught up. The primary must be one that was set up by
    /// [`MariaDbBuilder::primary`](super::MariaDbBuilder::primary).
    ///
    /// # Errors
    ///
    /// The server does not start, or the primary has no binary log.
    pub fn of(primary: &MariaDb, writes: Writes) -> io::Result<Self> {
        let builder = match &primary.programs.base {
            Some(base) => MariaDb::builder().programs(base),
            None => MariaDb::builder(),
        };
        let server = builder
            .setting("server-id", "2")
            .setting("log-bin", "binlog")
            .setting("log-slave-updates", "ON")
            .setting(
                "read-only",
                if writes == Writes::Refused {
                    "ON"
                } else {
                    "OFF"
                },
            )
            .start_empty()?;
        server.run(&format!(
            "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {}, MASTER_USER = 'root',
                 MASTER_CONNECT_RETRY = 1, MASTER_USE_GTID = slave_pos, MASTER_SSL_VERIFY_SERVER_CERT = 0;
             START SLAVE",
            primary.port()
        ))?;
        let replica = Self { server };
        replica.catch_up(primary)?;
        Ok(replica)
    }

    /// Returns when it has all that was committed on the primary before.
    ///
    /// # Errors
    ///
    /// One of the two cannot be asked, or replication has stopped.
    pub fn catch_up(&self, primary: &MariaDb) -> io::Result<()> {
        let position = primary.run("SELECT @@GLOBAL.gtid_binlog_pos")?;
        let waited = self.run(&format!("SELECT MASTER_GTID_WAIT('{position}', 60)"))?;
        if waited == "0" && !position.is_empty() {
            return Ok(());
        }
        let status = self.run("SHOW ALL SLAVES STATUS")?;
        Err(Error::other(format!(
            "the replica did not get to {position:?} in a minute: {status}"
        )))
    }

    /// Applies nothing any more, until [`resume`](Self::resume).
    ///
    /// # Errors
    ///
    /// It cannot be reached.
    pub fn pause(&self) -> io::Result<()> {
        self.run("STOP SLAVE").map(drop)
    }

    /// Applies what it has missed.
    ///
    /// # Errors
    ///
    /// It cannot be reached.
    pub fn resume(&self) -> io::Result<()> {
        self.run("START SLAVE").map(drop)
    }

    /// Makes it a primary, which takes writes when this returns. The old one goes on as long as nobody stops it.
    ///
    /// # Errors
    ///
    /// It cannot be reached.
    pub fn promote(self) -> io::Result<MariaDb> {
        self.run("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = OFF")?;
        Ok(self.server)
    }
}

impl Deref for Replica {
    type Target = MariaDb;

    fn deref(&self) -> &MariaDb {
        &self.server
    }
}

impl DerefMut for Replica {
    fn deref_mut(&mut self) -> &mut MariaDb {
        &mut self.server
    }
}
