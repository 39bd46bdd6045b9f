//! What sinks received.

use std::io;
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::lines::{LineLog, read_all};
use super::truth::Which;

const KIND: &str = "deliveries";

/// One line of a sink: one delivery that has reached it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The effect's id, the same at each attempt.
    pub effect: Uuid,
    /// The transaction that sent it.
    pub token: String,
    /// Which of the transaction's effects it is, from 0.
    pub index: u32,
    /// The key that keeps it in order, if one does.
    pub key: Option<String>,
    /// Where it stands among all effects of its key; of no meaning without one.
    pub place: u64,
    /// The number of the attempt.
    pub attempt: u32,
    /// Who delivered it.
    pub worker: String,
    /// When it arrived: [`monotonic_now`].
    pub at: u64,
}

impl Delivery {
    /// Which effect it is, whatever its id says.
    pub fn which(&self) -> Which {
        Which {
            token: self.token.clone(),
            index: self.index,
        }
    }
}

/// The file that a sink process writes.
#[derive(Debug)]
pub struct DeliveryLog(LineLog);

impl DeliveryLog {
    /// Opens a new file for this process in a folder, which many processes may share, also with clients.
    ///
    /// # Errors
    ///
    /// The file cannot be created.
    pub fn create_in(folder: &Path) -> io::Result<Self> {
        LineLog::create_in(folder, KIND).map(Self)
    }

    /// Appends one line, to be called before the sink says yes to whoever delivers.
    ///
    /// # Errors
    ///
    /// The line was not written as a whole.
    pub fn append(&mut self, delivery: &Delivery) -> io::Result<()> {
        self.0.append(delivery)
    }
}

/// All that sinks received, in the order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Deliveries(Vec<Delivery>);

impl Deliveries {
    /// Reads all sinks' files in a folder. A torn last line counts as not written.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or a whole line is not a delivery.
    pub fn read(folder: &Path) -> io::Result<Self> {
        read_all(folder, KIND).map(Self::from_iter)
    }

    /// Each delivery, repeated ones too.
    pub fn iter(&self) -> impl Iterator<Item = &Delivery> {
        self.0.iter()
    }
}

impl FromIterator<Delivery> for Deliveries {
    fn from_iter<I: IntoIterator<Item = Delivery>>(deliveries: I) -> Self {
        let mut deliveries: Vec<Delivery> = deliveries.into_iter().collect();
        deliveries.sort_by_key(|delivery| delivery.at);
        Self(deliveries)
    }
}

/// Nanoseconds on the clock that all processes of the machine share and nobody sets.
pub fn monotonic_now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    // It counts from the start of the machine: it is neither negative nor beyond five centuries.
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}
