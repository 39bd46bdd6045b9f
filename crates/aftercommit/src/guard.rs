//! Finds side effects inside an open transaction.
//!
//! A mail that is sent inside a transaction is out even if the transaction rolls back. Whoever talks to the outside
//! (mail, search, webhooks) says so with [`leaving`], and learns whether a transaction of this task is open: an error in
//! debug builds, so that the first test finds it; a warning with the place in release builds. [`set_policy`] changes that.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> aftercommit::Result<()> {
//! # let db: aftercommit::Db<sqlx::Sqlite> = aftercommit::Db::connect("sqlite::memory:").await?;
//! use aftercommit::guard;
//!
//! async fn ring_the_bell() -> aftercommit::Result<()> {
//!     guard::leaving("bell")?;
//!     println!("ding");
//!     aftercommit::Ok(())
//! }
//!
//! let inside = db.atomic(async |_tx| ring_the_bell().await).await;
//! # #[cfg(debug_assertions)]
//! assert_eq!(inside.expect_err("the guard").code(), Some("SIDE_EFFECT_INSIDE"));
//!
//! db.atomic(async |tx| {
//!     tx.on_commit(ring_the_bell);
//!     aftercommit::Ok(())
//! })
//! .await?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! With the feature `tower`, [`layer`] guards a whole client in one line.
//!
//! The guarantees, each with the test that proves it:
//!
//! 1. The body of a block and its `during` receivers are inside (`guard::ten_planted_side_effects_are_found`).
//! 2. Hooks and `after_commit` receivers are not (`guard::what_comes_after_the_commit_is_no_alarm`).
//! 3. Nobody else's transaction counts: not that of another task, nor of a future beside this one
//!    (`guard::a_neighbour_is_no_alarm`).
//!
//! What it cannot see: work that a block hands to another task or thread, and a [`Begun`](crate::Begun) transaction
//! outside the task that began it, or begun by a hook. A `Begun` counts for the whole of its task until it ends: also for a
//! future beside it, and after it was handed to another task. Where that is wrong, [`allow`] says so.

use std::future::Future;
use std::panic::Location;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::error::{Error, Kind, Result, at};

mod by_hand;
#[cfg(feature = "tower")]
mod layer;

pub(crate) use by_hand::ByHand;

#[cfg(feature = "tower")]
pub use layer::{Guard, GuardLayer, layer};

/// What a side effect inside a transaction comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// An error: the side effect does not happen. The default of debug builds.
    Refuse,
    /// A warning in the log, with both places. The default of release builds.
    Warn,
    /// Nothing.
    Off,
}

/// 0 stands for the default of the build.
static POLICY: AtomicU8 = AtomicU8::new(0);

/// Sets the policy of the whole process.
pub fn set_policy(policy: Policy) {
    let number = match policy {
        Policy::Refuse => 1,
        Policy::Warn => 2,
        Policy::Off => 3,
    };
    POLICY.store(number, Ordering::Relaxed);
}

/// The policy of the process.
pub fn policy() -> Policy {
    match POLICY.load(Ordering::Relaxed) {
        1 => Policy::Refuse,
        2 => Policy::Warn,
        3 => Policy::Off,
        _ if cfg!(debug_assertions) => Policy::Refuse,
        _ => Policy::Warn,
    }
}

/// Says that `what` is about to have an effect outside the database. Costs some nanoseconds.
///
/// # Errors
///
/// `SIDE_EFFECT_INSIDE`, with the place of this call and that of the transaction, if one of this task is open and the
/// policy is to refuse. Nothing must have been done yet.
#[track_caller]
pub fn leaving(what: &str) -> Result<()> {
    leaving_at(what, Location::caller())
}

/// Like [`leaving`], with the place of the user's call, for a backend whose own place says nothing.
///
/// # Errors
///
/// As for [`leaving`].
pub fn leaving_at(what: &str, place: &'static Location<'static>) -> Result<()> {
    match block_around() {
        None => Ok(()),
        Some(block) => found(policy(), what, place, block),
    }
}

/// Lets side effects through while the future runs, for one that may happen even if the block rolls back.
///
/// ```
/// # use aftercommit::guard;
/// # async fn ping() -> aftercommit::Result<()> { guard::leaving("ping")?; aftercommit::Ok(()) }
/// # async fn block() -> aftercommit::Result<()> {
/// guard::allow("a ping changes nothing over there", ping()).await
/// # }
/// ```
///
/// # Cancel safety
///
/// As for the future.
pub async fn allow<F: Future>(reason: &'static str, future: F) -> F::Output {
    let _ = reason;
    outside(future).await
}

#[cold]
fn found(
    policy: Policy,
    what: &str,
    place: &'static Location<'static>,
    block: Place,
) -> Result<()> {
    match policy {
        Policy::Off => Ok(()),
        Policy::Warn => {
            tracing::warn!(
                what, place = %at(place), block = %at(block),
                "side effect inside an open transaction: it stays if the transaction rolls back"
            );
            Ok(())
        }
        Policy::Refuse => Err(Error::new(Kind::SideEffectInside {
            what: what.to_owned(),
            place,
            block,
        })),
    }
}

type Place = &'static Location<'static>;

tokio::task_local! {
    /// The block whose body is being polled; `None` where side effects are welcome.
    static BLOCK: Option<Place>;
}

/// Runs the body of a block.
pub(crate) async fn inside<F: Future>(block: Place, body: F) -> F::Output {
    BLOCK.scope(Some(block), body).await
}

/// Runs what follows a commit.
pub(crate) async fn outside<F: Future>(future: F) -> F::Output {
    BLOCK.scope(None, future).await
}

fn block_around() -> Option<Place> {
    match BLOCK.try_with(|block| *block) {
        Ok(known) => known,
        Err(_) => by_hand::open_here(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn the_policy_says_what_a_find_comes_to() {
        let here = Location::caller();
        assert!(found(Policy::Off, "mail", here, here).is_ok());
        let error = found(Policy::Refuse, "mail", here, here).expect_err("refused");
        assert_eq!(error.code(), Some("SIDE_EFFECT_INSIDE"));
    }

    #[test]
    fn a_warning_names_both_places() {
        let mut log = tempfile::tempfile().expect("a file");
        let writer = Mutex::new(log.try_clone().expect("the same file"));
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(writer)
            .finish();
        let (place, block) = (Location::caller(), BLOCK_PLACE);
        tracing::subscriber::with_default(subscriber, || {
            found(Policy::Warn, "mail", place, block).expect("let through");
        });
        log.rewind().expect("from the start");
        let mut text = String::new();
        log.read_to_string(&mut text).expect("text");
        assert!(
            text.contains("WARN") && text.contains("what=\"mail\""),
            "{text}"
        );
        for place in [place, block] {
            let place = format!("guard.rs:{}", place.line());
            assert!(text.contains(&place), "{place}: {text}");
        }
    }

    const BLOCK_PLACE: Place = Location::caller();
}
