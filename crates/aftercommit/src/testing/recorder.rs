//! A receiver that remembers what it heard.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;
use crate::signal::{Receiver, after_commit, during, with_state};
use crate::store::Dialect;

/// Remembers the signals of one type, in order. Clones remember together.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> aftercommit::Result<()> {
/// use aftercommit::testing::Recorder;
/// use aftercommit::{Db, Signals};
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Registered(&'static str);
///
/// let heard = Recorder::<Registered>::new();
/// let signals = Signals::new().with(heard.after_commit());
/// let db: Db<sqlx::Sqlite> = Db::connect("sqlite::memory:").await?.with_signals(signals);
///
/// db.atomic(async |tx| tx.send(Registered("ada")).await).await?;
/// heard.assert_heard(&[Registered("ada")]);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub struct Recorder<S>(Arc<Mutex<Vec<S>>>);

impl<S: Clone + Send + Sync + 'static> Recorder<S> {
    /// Has heard nothing.
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// A receiver that hears during the transaction, also what will be rolled back.
    #[track_caller]
    pub fn during<DB: Dialect>(&self) -> Receiver<DB, S> {
        during("recorder (during)", with_state(self.clone(), hear::<S>))
    }

    /// A receiver that hears after the commit.
    #[track_caller]
    pub fn after_commit<DB: Dialect>(&self) -> Receiver<DB, S> {
        after_commit(
            "recorder (after commit)",
            with_state(self.clone(), hear::<S>),
        )
    }

    /// What was heard, in order.
    pub fn heard(&self) -> Vec<S> {
        self.signals().clone()
    }

    /// What was heard, which is then forgotten.
    pub fn take(&self) -> Vec<S> {
        std::mem::take(&mut *self.signals())
    }

    /// # Panics
    ///
    /// If not exactly this was heard, with both lists.
    #[track_caller]
    pub fn assert_heard(&self, expected: &[S])
    where
        S: PartialEq + fmt::Debug,
    {
        let heard = self.heard();
        assert_eq!(
            heard, expected,
            "heard (left) is not what was expected (right)"
        );
    }

    /// # Panics
    ///
    /// If anything was heard.
    #[track_caller]
    pub fn assert_silent(&self) {
        let heard = self.signals().len();
        assert_eq!(
            heard,
            0,
            "{heard} signals of {} were heard",
            std::any::type_name::<S>()
        );
    }

    fn signals(&self) -> std::sync::MutexGuard<'_, Vec<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn hear<S: Clone + Send + Sync + 'static>(to: &Recorder<S>, signal: &S) -> Result<()> {
    to.signals().push(signal.clone());
    Ok(())
}

impl<S: Clone + Send + Sync + 'static> Default for Recorder<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Clone for Recorder<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for Recorder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
