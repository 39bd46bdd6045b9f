//! Who is told, and by which settings.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Event;
use super::count::count;
use super::log::log;
use crate::delivery::Point;
use crate::effect::Headers;

type Observer = Arc<dyn Fn(&Event<'_>) + Send + Sync>;
type MakeHeaders = Arc<dyn Fn() -> Headers + Send + Sync>;

/// Who is told, and the limits beyond which they are warned.
#[derive(Clone)]
pub(crate) struct Observers {
    pub(crate) observer: Option<Observer>,
    pub(crate) hook_budget: Duration,
    pub(crate) long_transaction: Duration,
    pub(crate) resolve_patience: Duration,
    pub(crate) hook_limit: usize,
    pub(crate) strict: bool,
    /// Sessions are shared between transactions: nothing may be kept in them.
    pub(crate) pooled: bool,
    pub(crate) wake_ups: bool,
    /// Whether failures of deliveries and of the worker say why.
    pub(crate) reasons: bool,
    pub(crate) headers: Option<MakeHeaders>,
    /// Faults of the test kit.
    #[cfg(feature = "testing")]
    pub(crate) faults: Option<crate::testing::Faults>,
    #[cfg(feature = "testing")]
    pub(crate) without_probes: bool,
}

impl Default for Observers {
    fn default() -> Self {
        Self {
            observer: None,
            hook_budget: Duration::from_secs(5),
            long_transaction: Duration::from_secs(10),
            resolve_patience: Duration::from_secs(5),
            hook_limit: 100_000,
            strict: false,
            pooled: false,
            wake_ups: false,
            reasons: true,
            headers: None,
            #[cfg(feature = "testing")]
            faults: None,
            #[cfg(feature = "testing")]
            without_probes: false,
        }
    }
}

impl Observers {
    /// Whether a probe goes around statements that may end the transaction.
    pub(crate) fn probes(&self) -> bool {
        #[cfg(feature = "testing")]
        return !self.without_probes;
        #[cfg(not(feature = "testing"))]
        true
    }

    /// Called before a receiver or a hook of this name runs: the test kit may make it fail.
    pub(crate) fn before(&self, name: Option<&str>) -> crate::error::Result<()> {
        #[cfg(feature = "testing")]
        if let (Some(faults), Some(name)) = (&self.faults, name) {
            return faults.before(name);
        }
        let _ = name;
        Ok(())
    }

    /// Called at the boundaries between the steps of an effect's life: the test kit may end the process there.
    pub(crate) async fn reached(&self, point: Point) -> crate::error::Result<()> {
        #[cfg(feature = "testing")]
        if let Some(faults) = &self.faults {
            return faults.at(point).await;
        }
        let _ = point;
        Ok(())
    }

    pub(crate) fn observe(&self, event: &Event<'_>) {
        contain("the metrics recorder", || count(event));
        contain("a subscriber of tracing", || log(event, self.reasons));
        if let Some(observer) = &self.observer {
            contain("an observer", || observer(event));
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observers")
            .field("hook_budget", &self.hook_budget)
            .field("long_transaction", &self.long_transaction)
            .field("resolve_patience", &self.resolve_patience)
            .field("hook_limit", &self.hook_limit)
            .field("strict", &self.strict)
            .finish_non_exhaustive()
    }
}

/// Whoever is told may panic, and must not take a commit or its hooks along.
fn contain(who: &str, tell: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(tell)).is_err() {
        // The subscriber of tracing may be who panics.
        let _: std::thread::Result<()> =
            catch_unwind(|| tracing::error!("{who} panicked, and was contained"));
    }
}
