//! Files of JSON lines that survive the death of their writer.

use std::fs::File;
use std::io::{self, Error, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::deliveries::monotonic_now;

/// A file that one process appends to.
#[derive(Debug)]
pub(super) struct LineLog {
    file: File,
}

impl LineLog {
    /// A new file in the folder. Each process has one of its own, also one that was started again: it must not go on
    /// after a line that its predecessor has torn.
    pub(super) fn create_in(folder: &Path, kind: &str) -> io::Result<Self> {
        let process = std::process::id();
        let name = format!("{kind}-{process}-{}.jsonl", monotonic_now());
        let file = File::options()
            .append(true)
            .create_new(true)
            .open(folder.join(name))?;
        Ok(Self { file })
    }

    /// Appends one line by one call of the kernel: a process that is killed leaves all of it, none, or at worst a torn
    /// last line. After an error the file is not to be written any more.
    pub(super) fn append(&mut self, entry: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let written = self.file.write(&line)?;
        if written == line.len() {
            Ok(())
        } else {
            Err(Error::other(format!(
                "only {written} of {} bytes of a line were written: is the disk full?",
                line.len()
            )))
        }
    }
}

/// Everything in the folder's files of that kind, in no order across files.
pub(super) fn read_all<T: DeserializeOwned>(folder: &Path, kind: &str) -> io::Result<Vec<T>> {
    let prefix = format!("{kind}-");
    let mut entries = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with(&prefix) {
            let named = |error| Error::other(format!("{}: {error}", file.path().display()));
            entries.extend(parse(&std::fs::read(file.path())?).map_err(named)?);
        }
    }
    Ok(entries)
}

/// The lines of one file. A last line without an end is torn, and as good as never written.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, String> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
    bytes[..whole]
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| {
            serde_json::from_slice(line).map_err(|error| format!("line {}: {error}", number + 1))
        })
        .collect()
}
