//! How a transaction begins: the options, the try and the try again.

use std::future::Future;
use std::panic::Location;
use std::time::{Duration, Instant};

use tracing::Instrument;

use super::{AsyncBlock, AsyncRepeat, Begun, Db, Life, Options, Tx};
use crate::commit::Report;
use crate::error::{Error, Result};
use crate::guard;
use crate::observe::{Control, Event};
use crate::store::Dialect;

/// A transaction that is about to begin: see [`Db::with`].
#[derive(Debug)]
#[must_use = "nothing happens until `atomic` or `begin` is called"]
pub struct Begin<'d, DB: Dialect> {
    db: &'d Db<DB>,
    options: Options,
}

impl<'d, DB: Dialect> Begin<'d, DB> {
    pub(super) fn new(db: &'d Db<DB>, options: Options) -> Self {
        Self { db, options }
    }

    /// Runs a block: see [`Db::atomic`].
    ///
    /// # Errors
    ///
    /// As for [`Db::atomic`], and `OPTION_UNSUPPORTED` if this database does not have an option.
    ///
    /// # Panics
    ///
    /// Only if the body does; the transaction is rolled back then.
    ///
    /// # Cancel safety
    ///
    /// As for [`Db::atomic`].
    #[track_caller]
    pub fn atomic<T, E, F>(self, body: F) -> impl Future<Output = Result<T, E>> + Send
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
    {
        let reported = self.atomic_report(body);
        async move { reported.await.map(|report| report.value) }
    }

    /// Runs a block and tells what its hooks did: see [`Db::atomic_report`].
    ///
    /// # Errors
    ///
    /// As for [`atomic`](Self::atomic).
    ///
    /// # Cancel safety
    ///
    /// As for [`Db::atomic`].
    #[track_caller]
    pub fn atomic_report<T, E, F>(
        self,
        body: F,
    ) -> impl Future<Output = Result<Report<T>, E>> + Send
    where
        F: for<'r> AsyncFnOnce(&'r mut Tx<DB>) -> Result<T, E>
            + for<'r> AsyncBlock<&'r mut Tx<DB>, Result<T, E>, Fut: Send>
            + Send,
        T: Send,
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
    {
        let place = Location::caller();
        async move {
            let span = tracing::debug_span!("transaction", %place);
            let block = async {
                let mut tx = begin(self.db.clone(), self.options, place)?;
                let result = guard::inside(place, body(&mut tx)).await;
                tx.end(result).await
            };
            block.instrument(span).await
        }
    }

    /// Begins a transaction that is ended by hand: see [`Db::begin`].
    ///
    /// # Errors
    ///
    /// As for [`Db::begin`].
    ///
    /// # Cancel safety
    ///
    /// As for [`Db::begin`].
    #[track_caller]
    pub fn begin(self) -> impl Future<Output = Result<Begun<DB>>> + Send + use<DB> {
        let place = Location::caller();
        let begun = begin(self.db.clone(), self.options, place);
        async move {
            Ok(Begun {
                tx: begun?,
                guarded: guard::ByHand::new(place),
            })
        }
    }

    /// Runs the block again, up to `times` times, when it [collides](Error::is_conflict) with another
    /// transaction.
    ///
    /// Everything that a failed try did is gone: its rows, its hooks, the signals it sent. What it did to the
    /// world outside the transaction is not.
    pub fn retry(self, times: u32) -> Retry<'d, DB> {
        Retry { begin: self, times }
    }
}

/// A block that is tried again when it collides: see [`Begin::retry`].
#[derive(Debug)]
#[must_use = "nothing happens until `atomic` is called"]
pub struct Retry<'d, DB: Dialect> {
    begin: Begin<'d, DB>,
    times: u32,
}

impl<DB: Dialect> Retry<'_, DB> {
    /// Runs the block until it does not collide, or the tries are used up.
    ///
    /// Between two tries it waits: a random time up to 2 ms after the first collision, twice as long after
    /// each further one, at most 250 ms (full jitter, so that those who collided do not meet again).
    ///
    /// # Errors
    ///
    /// As for [`Db::atomic`]; after the last try, the collision.
    ///
    /// # Panics
    ///
    /// Only if the body does.
    ///
    /// # Cancel safety
    ///
    /// As for [`Db::atomic`]; a retry that is dropped between two tries has done nothing.
    #[track_caller]
    pub fn atomic<T, E, F>(self, body: F) -> impl Future<Output = Result<T, E>> + Send
    where
        F: for<'r> AsyncFn(&'r mut Tx<DB>) -> Result<T, E>
            + Send
            + Sync
            + for<'r> AsyncRepeat<&'r mut Tx<DB>, Result<T, E>, Fut: Send>, // it may run again, so it changes nothing outside
        T: Send,
        E: From<Error> + Send, // not known? end the block with `aftercommit::Ok(…)`
    {
        let place = Location::caller();
        async move {
            let Begin { db, options } = self.begin;
            let mut tries_left = self.times;
            loop {
                let mut tx = begin(db.clone(), options.clone(), place)?;
                let result = guard::inside(place, body(&mut tx)).await;
                let (ended, collided) = tx.end_of_try(result).await;
                if !collided || tries_left == 0 {
                    return ended.map(|report| report.value);
                }
                tokio::time::sleep(pause(self.times - tries_left, fastrand::f64())).await;
                tries_left -= 1;
            }
        }
    }
}

/// The wait after the `tried`-th collision (counted from 0); `jitter` is in 0..1.
fn pause(tried: u32, jitter: f64) -> Duration {
    const FIRST: Duration = Duration::from_millis(2);
    const LONGEST: Duration = Duration::from_millis(250);
    FIRST
        .saturating_mul(1 << tried.min(16))
        .min(LONGEST)
        .mul_f64(jitter)
}

/// Begins, without the server: BEGIN goes with the first statement.
fn begin<DB: Dialect>(
    db: Db<DB>,
    options: Options,
    place: &'static Location<'static>,
) -> Result<Tx<DB>> {
    let begin_sql = DB::begin_sql(&options)?;
    let life = Life {
        id: db.next_transaction(),
        place,
        began: Instant::now(),
        db: db.clone(),
    };
    db.observers().observe(&Event::Control(Control::Begin));
    Ok(Tx::new(db, options, begin_sql, life))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        assert_eq!(pause(0, 1.0), Duration::from_millis(2));
        assert_eq!(pause(3, 0.5), Duration::from_millis(8));
        assert_eq!(pause(40, 1.0), Duration::from_millis(250));
        assert_eq!(pause(5, 0.0), Duration::ZERO);
    }
}
