//! Where a commit finds the worker of its tables, if this process has one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Handover, Live, Wake};

/// One for each set of tables that a process writes to.
#[derive(Default)]
pub(crate) struct Station {
    pub(crate) handover: Handover,
    pub(crate) wake: Wake,
    delivering: AtomicBool,
}

/// The place of the one worker of a station. It is free again however the worker ends: with its runtime, too.
pub(super) struct Delivering(Arc<Station>);

impl Delivering {
    /// `None`: a worker is at it already.
    pub(super) fn begin(station: &Arc<Station>) -> Option<Self> {
        let taken = station.delivering.swap(true, Ordering::AcqRel);
        (!taken).then(|| Self(Arc::clone(station)))
    }

    /// Who takes effects from now on.
    pub(super) fn publish(&self, live: Option<Live>) {
        self.0.handover.publish(live);
    }
}

impl Drop for Delivering {
    fn drop(&mut self) {
        self.publish(None);
        self.0.delivering.store(false, Ordering::Release);
    }
}
