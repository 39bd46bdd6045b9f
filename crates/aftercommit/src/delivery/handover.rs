//! From a commit to the worker of the same process, without the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwapOption;
use tokio::sync::mpsc::UnboundedSender;

use super::worker::Report;
use super::{Lease, Leased};
use crate::effect::{Birth, Effect, EffectId, headers_text};

/// Payloads that are longer stay in the database until they are claimed.
const LONGEST: usize = 16 * 1024;

/// The most effects that are on their way at a time.
const MOST: usize = 1_000;

/// Where commits find the worker of their process, if there is one.
pub(crate) struct Handover {
    live: ArcSwapOption<Live>,
    under_way: AtomicUsize,
}

/// A worker that takes effects now.
pub(crate) struct Live {
    pub(super) worker: i64,
    pub(super) receivers: Vec<Arc<str>>,
    pub(super) reports: UnboundedSender<Report>,
}

impl Default for Handover {
    fn default() -> Self {
        Self {
            live: ArcSwapOption::empty(),
            under_way: AtomicUsize::new(0),
        }
    }
}

impl Handover {
    /// Who takes effects from now on.
    pub(crate) fn publish(&self, live: Option<Live>) {
        self.live.store(live.map(Arc::new));
    }

    /// Gives each effect its id, and decides who gets it.
    pub(crate) fn births(&self, effects: Vec<Effect>) -> Vec<Birth> {
        let live = self.live.load();
        let owner = |effect: &Effect| {
            let live = live.as_ref()?;
            let fits = effect.is_free()
                && effect.payload.len() <= LONGEST
                && live.receivers.contains(&effect.receiver);
            (fits && self.takes_one_more()).then_some(live.worker)
        };
        let birth = |effect: Effect| Birth {
            id: EffectId::now(),
            owner: owner(&effect),
            effect,
        };
        effects.into_iter().map(birth).collect()
    }

    fn takes_one_more(&self) -> bool {
        let takes = self.under_way.fetch_add(1, Ordering::Relaxed) < MOST;
        if !takes {
            self.under_way.fetch_sub(1, Ordering::Relaxed);
        }
        takes
    }

    /// They are committed.
    pub(crate) fn give(&self, births: Vec<Birth>) {
        self.forget(&births);
        let live = self.live.load();
        let Some(live) = live.as_ref() else {
            return;
        };
        let (owned, others): (Vec<Birth>, Vec<Birth>) = births
            .into_iter()
            .partition(|birth| birth.owner == Some(live.worker));
        // A worker that has ended meanwhile has given its leases back, or will be taken for dead.
        if !owned.is_empty() {
            let leased = owned.into_iter().map(leased).collect();
            let _: Result<_, _> = live.reports.send(Report::HandedOver(leased));
        }
        // What is not due yet is found when it is.
        let now = others.iter().filter(|birth| birth.effect.delay.is_none());
        let now = now.map(|birth| Arc::clone(&birth.effect.receiver));
        let mut receivers: Vec<Arc<str>> = now.collect();
        receivers.sort_unstable();
        receivers.dedup();
        if !receivers.is_empty() {
            let _: Result<_, _> = live.reports.send(Report::Woken(Some(receivers)));
        }
    }

    /// They are not on their way any more.
    pub(crate) fn forget(&self, births: &[Birth]) {
        let owned = births.iter().filter(|birth| birth.owner.is_some()).count();
        self.under_way.fetch_sub(owned, Ordering::Relaxed);
    }
}

fn leased(birth: Birth) -> Leased {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Leased {
        lease: Lease {
            id: birth.id,
            owner: birth.owner.unwrap_or_default(),
            fence: 0,
        },
        receiver: birth.effect.receiver,
        key: birth.effect.key,
        version: birth.effect.version,
        payload: birth.effect.payload,
        headers: headers_text(&birth.effect.headers),
        created_at: now.map_or(0, |now| now.as_micros().try_into().unwrap_or(i64::MAX)),
        failures: 0,
        starts: 0,
        rescues: 0,
        history: None,
    }
}
