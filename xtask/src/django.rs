//! A Python with Django, for the comparison on freshly generated programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

/// The release that runs on Debian's Python; its traces are those of later ones for the profiles compared.
const DJANGO: &str = "Django==5.2.*";

/// Makes a virtual environment once, and returns its Python.
pub(crate) fn python() -> Result<PathBuf> {
    // Wherever in the repository it is called.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("xtask is not inside the repository")?;
    let environment = root.join("target/django");
    let python = environment.join("bin/python");
    if has_django(&python) {
        return Ok(python);
    }
    println!("==> installing {DJANGO} into target/django");
    check(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment),
        "python3 -m venv failed",
    )?;
    let pip = [
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        DJANGO,
    ];
    check(
        Command::new(&python).args(pip),
        "pip could not install Django: is there a way to a package index?",
    )?;
    Ok(python)
}

fn has_django(python: &PathBuf) -> bool {
    let django = Command::new(python).args(["-c", "import django"]).output();
    django.is_ok_and(|output| output.status.success())
}

fn check(command: &mut Command, otherwise: &str) -> Result<()> {
    if command.status()?.success() {
        Ok(())
    } else {
        Err(otherwise.into())
    }
}
