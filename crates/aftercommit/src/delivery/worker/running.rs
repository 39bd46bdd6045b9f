//! A worker as its holder sees it.

use tokio::sync::oneshot;

use crate::delivery::orders::Tally;

/// A worker that is running. Dropped, it drains in the background.
#[derive(Debug)]
#[must_use = "a worker that is dropped drains"]
pub struct Running {
    pub(super) stop: Option<oneshot::Sender<()>>,
    pub(super) ended: oneshot::Receiver<Tally>,
}

/// What a worker had done when it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drained {
    /// Effects that were delivered.
    pub delivered: u64,
    /// Attempts after which the effect waits for another one.
    pub put_off: u64,
    /// Effects that are among the dead letters.
    pub died: u64,
    /// Answers that came too late: the effect had been given to somebody else.
    pub lost: u64,
}

impl Running {
    /// Stops it: nothing new is begun, what is running is finished within the grace, and the leases of the rest are given
    /// back at once. Its connections and its thread are gone when this returns.
    ///
    /// # Cancel safety
    ///
    /// Once called it goes on to its end.
    pub async fn drain(mut self) -> Drained {
        drop(self.stop.take());
        let tally = (&mut self.ended).await.unwrap_or_default();
        Drained {
            delivered: tally.delivered,
            put_off: tally.put_off,
            died: tally.died,
            lost: tally.lost,
        }
    }
}
