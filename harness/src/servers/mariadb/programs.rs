//! Where the programs of MariaDB are.

use std::path::{Path, PathBuf};

/// Names the folder into which another release was unpacked, which is taken instead of Debian's.
const OTHER: &str = "AFTERCOMMIT_TEST_MARIADB_PROGRAMS";

/// What makes a data directory and what serves it.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    pub(super) server: PathBuf,
    pub(super) install: PathBuf,
    /// Where a release that is not installed has its messages and its system tables.
    pub(super) base: Option<PathBuf>,
}

/// Where the server's program is: of the release that the environment names, or Debian's.
pub fn find_mariadb() -> Option<PathBuf> {
    Programs::find().map(|programs| programs.server)
}

impl Programs {
    pub(super) fn find() -> Option<Self> {
        match std::env::var_os(OTHER) {
            Some(base) => Self::unpacked(Path::new(&base)),
            None => Self::installed(),
        }
    }

    pub(super) fn unpacked(base: &Path) -> Option<Self> {
        let server = base.join("bin/mariadbd");
        server.exists().then(|| Self {
            server,
            install: base.join("scripts/mariadb-install-db"),
            base: Some(base.to_owned()),
        })
    }

    fn installed() -> Option<Self> {
        let servers = [
            "/usr/sbin/mariadbd",
            "/usr/sbin/mysqld",
            "/usr/libexec/mariadbd",
        ];
        let server = servers.iter().map(PathBuf::from).find(|path| path.exists());
        server.map(|server| Self {
            server,
            install: PathBuf::from("mariadb-install-db"),
            base: None,
        })
    }

    pub(super) fn base_argument(&self) -> Option<String> {
        let base = self.base.as_ref();
        base.map(|base| format!("--basedir={}", base.display()))
    }
}
