//! Where the programs of PostgreSQL are.

use std::io::{self, Error};
use std::path::PathBuf;

/// Names the folder of another release's `initdb` and `postgres`, which are taken instead of Debian's.
const OTHER: &str = "AFTERCOMMIT_TEST_POSTGRES_PROGRAMS";

/// Where the server's programs are: the release that the environment names, or the newest that Debian's packages have
/// installed.
pub fn find_postgres() -> Option<PathBuf> {
    match std::env::var_os(OTHER) {
        Some(other) => Some(PathBuf::from(other)).filter(|path| path.join("postgres").exists()),
        None => installed(),
    }
}

/// A program of the client's side. Debian's do for newer servers too, which come without them.
pub(super) fn client(name: &str) -> io::Result<PathBuf> {
    installed()
        .map(|programs| programs.join(name))
        .filter(|program| program.exists())
        .ok_or_else(|| Error::other(format!("{name} is missing: apt-get install postgresql")))
}

fn installed() -> Option<PathBuf> {
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
