//! An SMTP server.

use std::io::{self, Error};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::process::{as_user, free_port, give, signal, wait_for_port};

const USER: &str = "Debian-exim";
const PROGRAM: &str = "/usr/sbin/exim4";

/// A running Exim that delivers to a folder. Dropped, it ends and its mail is gone.
///
/// It takes mail for everybody but `refused@…` (550) and `busy@…` (451).
#[derive(Debug)]
pub struct Exim {
    directory: TempDir,
    port: u16,
    process: Child,
}

/// Where the server's program is.
pub fn find_exim() -> Option<PathBuf> {
    Some(PathBuf::from(PROGRAM)).filter(|path| path.exists())
}

impl Exim {
    /// Starts a server. With a certificate and its key, in PEM, it offers STARTTLS.
    ///
    /// # Errors
    ///
    /// The program is missing, or the server does not start; the text says what it said.
    pub fn start(tls: Option<(&str, &str)>) -> io::Result<Self> {
        let program = find_exim()
            .ok_or_else(|| Error::other("Exim is missing: apt-get install exim4-daemon-light"))?;
        let directory = tempfile::Builder::new()
            .prefix("aftercommit-exim-")
            .tempdir()?;
        let port = free_port()?;
        let configuration = include_str!("exim.conf")
            .replace("{port}", &port.to_string())
            .replace("{directory}", &directory.path().display().to_string())
            .replace("{tls_hosts}", if tls.is_some() { "*" } else { ":" });
        std::fs::write(directory.path().join("conf"), configuration)?;
        for name in ["spool", "mail"] {
            std::fs::create_dir(directory.path().join(name))?;
            give(USER, &directory.path().join(name))?;
        }
        if let Some((certificate, key)) = tls {
            std::fs::write(directory.path().join("certificate.pem"), certificate)?;
            std::fs::write(directory.path().join("key.pem"), key)?;
        }
        give(USER, directory.path())?;
        let log = directory.path().join("output");
        let process = as_user(USER, program)
            .arg("-C")
            .arg(directory.path().join("conf"))
            .args(["-bdf", "-q1h"])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        let mut server = Self {
            directory,
            port,
            process,
        };
        wait_for_port(&mut server.process, port, &log)?;
        Ok(server)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The messages that were delivered, as soon as there are so many of them.
    ///
    /// # Errors
    ///
    /// There are more, or fewer after half a minute.
    pub async fn delivered(&self, count: usize) -> io::Result<Vec<Vec<u8>>> {
        let folder = self.directory.path().join("mail/new");
        let mut files = Vec::new();
        // Exim takes a message first, and delivers it then: a folder says nothing by itself.
        for _ in 0..3_000 {
            files = list(&folder)?;
            if files.len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if files.len() != count {
            return Err(Error::other(format!(
                "{} messages instead of {count}",
                files.len()
            )));
        }
        files.iter().map(std::fs::read).collect()
    }
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _: io::Result<()> = signal(&self.process, "TERM");
        let _: io::Result<std::process::ExitStatus> = self.process.wait();
    }
}
