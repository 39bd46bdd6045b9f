//! What must be on the machine besides Rust, and how it gets there.

use std::path::Path;
use std::process::Command;

use aftercommit_harness::{find_browser, find_exim, find_mariadb, find_pgbouncer, find_postgres};

use crate::Result;

/// Installs what is missing where that is possible, and says what is missing otherwise.
pub(crate) fn install() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let can_install = Path::new("/usr/bin/apt-get").exists() && is_root();
    if !can_install {
        return Err(format!("these are missing and cannot be installed from here: {packages}\n  on Debian, as root: apt-get install {packages}").into());
    }
    println!("==> installing {packages}");
    apt(&["update", "-q"])?;
    let mut arguments = vec!["install", "-q", "-y", "--no-install-recommends"];
    arguments.extend(&missing);
    apt(&arguments)?;
    match self::missing().as_slice() {
        [] => Ok(()),
        still => Err(format!("installed, and still not found: {}", still.join(" ")).into()),
    }
}

fn missing() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if find_postgres().is_none() {
        missing.push("postgresql");
    }
    if find_pgbouncer().is_none() {
        missing.push("pgbouncer");
    }
    if find_mariadb().is_none() || !Path::new("/usr/bin/mariadb-install-db").exists() {
        missing.push("mariadb-server");
    }
    if find_exim().is_none() {
        missing.push("exim4-daemon-light");
    }
    if !Path::new("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1").exists() {
        missing.push("faketime");
    }
    if find_browser().is_none() {
        missing.extend(["chromium", "chromium-driver"]);
    }
    if !runs("python3", &["-c", "import venv, ensurepip"]) {
        missing.push("python3-venv");
    }
    if !runs("setpriv", &["--version"]) {
        missing.push("util-linux");
    }
    missing
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .output()
        .is_ok_and(|output| output.status.success())
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout.starts_with(b"0"))
}

fn apt(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("apt-get {} failed", arguments.join(" ")).into())
    }
}
