//! What clients were told.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::lines::{LineLog, read_all};

const KIND: &str = "claims";

/// One line of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The transaction.
    pub token: String,
    /// What is known of it now.
    pub told: Told,
    /// How many effects it sends.
    pub effects: u32,
    /// The key that keeps its effects in order, if one does.
    pub key: Option<String>,
}

/// What a client knows of its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// It is about to begin: written before anything is sent.
    Invoked,
    /// It is committed.
    Committed,
    /// It is not, and never will be.
    Failed,
    /// Whether it is could not be found out.
    Unknown,
}

/// The file that a client process writes.
#[derive(Debug)]
pub struct ClaimLog(LineLog);

impl ClaimLog {
    /// Opens a new file for this process in a folder, which many processes may share.
    ///
    /// # Errors
    ///
    /// The file cannot be created.
    pub fn create_in(folder: &Path) -> io::Result<Self> {
        LineLog::create_in(folder, KIND).map(Self)
    }

    /// Appends one line: it is in the file when this returns, whatever happens to the process then.
    ///
    /// # Errors
    ///
    /// The line was not written as a whole.
    pub fn append(&mut self, claim: &Claim) -> io::Result<()> {
        self.0.append(claim)
    }
}

/// All that clients were told, by token.
#[derive(Clone, Debug, Default)]
pub struct Claims(BTreeMap<String, Vec<Claim>>);

impl Claims {
    /// Reads all clients' files in a folder. A torn last line counts as not written.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or a whole line is not a claim.
    pub fn read(folder: &Path) -> io::Result<Self> {
        read_all(folder, KIND).map(Self::from_iter)
    }

    /// How many transactions were begun.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The claims about each token.
    pub(super) fn by_token(&self) -> impl Iterator<Item = (&str, &[Claim])> {
        self.0
            .iter()
            .map(|(token, claims)| (token.as_str(), claims.as_slice()))
    }
}

impl FromIterator<Claim> for Claims {
    fn from_iter<I: IntoIterator<Item = Claim>>(claims: I) -> Self {
        let mut by_token: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
        for claim in claims {
            by_token.entry(claim.token.clone()).or_default().push(claim);
        }
        Self(by_token)
    }
}
