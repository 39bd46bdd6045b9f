//! A browser that a program drives.

use std::io::{self, Error};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::process::{free_port, signal, wait_for_port};

/// A running ChromeDriver, which starts Chromium for whoever asks. Dropped, both end.
#[derive(Debug)]
pub struct Browser {
    directory: TempDir,
    port: u16,
    process: Child,
}

/// Where the driver is.
pub fn find_browser() -> Option<PathBuf> {
    let driver = Path::new("/usr/bin/chromedriver");
    (driver.exists() && Path::new("/usr/bin/chromium").exists()).then(|| driver.to_owned())
}

impl Browser {
    /// Starts the driver.
    ///
    /// # Errors
    ///
    /// The programs are missing, or the driver does not start; the text says what it said.
    pub fn start() -> io::Result<Self> {
        let program = find_browser().ok_or_else(|| {
            Error::other("Chromium is missing: apt-get install chromium chromium-driver")
        })?;
        let directory = tempfile::Builder::new()
            .prefix("aftercommit-browser-")
            .tempdir()?;
        let log = directory.path().join("log");
        let port = free_port()?;
        let mut process = Command::new(program)
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&log)?)
            .stderr(Stdio::null())
            .spawn()?;
        wait_for_port(&mut process, port, &log)?;
        Ok(Self {
            directory,
            port,
            process,
        })
    }

    /// Where the driver listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What Chromium is to be started with: no window, no sandbox (which root cannot have), nothing kept, nobody called.
    pub fn arguments(&self) -> Vec<String> {
        let profile = self.directory.path().join("profile");
        let mut arguments: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        .map(str::to_owned)
        .into();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        arguments
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _: io::Result<()> = signal(&self.process, "TERM");
        let _: io::Result<std::process::ExitStatus> = self.process.wait();
    }
}
