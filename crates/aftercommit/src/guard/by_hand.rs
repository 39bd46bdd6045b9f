//! Transactions that were begun by hand: they have no body that could be watched, so their task is.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::Place;

/// Where the last one of this task was begun that is still open.
pub(super) fn open_here() -> Option<Place> {
    // Where nobody begins by hand, the table is not asked.
    if OPEN.load(Ordering::Relaxed) == 0 {
        return None;
    }
    BEGUN_BY.lock().get(&Worker::current())?.last().copied()
}

/// How many transactions begun by hand are open in the process.
static OPEN: AtomicUsize = AtomicUsize::new(0);
static BEGUN_BY: LazyLock<ByWorker> = LazyLock::new(ByWorker::default);

#[derive(Default)]
struct ByWorker(Mutex<HashMap<Worker, Vec<Place>>>);

impl ByWorker {
    fn lock(&self) -> MutexGuard<'_, HashMap<Worker, Vec<Place>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who runs code: a task, or a thread outside of tasks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Worker {
    Task(tokio::task::Id),
    Thread(std::thread::ThreadId),
}

impl Worker {
    fn current() -> Self {
        tokio::task::try_id()
            .map_or_else(|| Worker::Thread(std::thread::current().id()), Worker::Task)
    }
}

/// A transaction that was begun by hand, for as long as it is open.
pub(crate) struct ByHand {
    worker: Worker,
    block: Place,
}

impl ByHand {
    pub(crate) fn new(block: Place) -> Self {
        let worker = Worker::current();
        BEGUN_BY.lock().entry(worker).or_default().push(block);
        OPEN.fetch_add(1, Ordering::Relaxed);
        Self { worker, block }
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        let mut begun = BEGUN_BY.lock();
        if let Some(open) = begun.get_mut(&self.worker) {
            if let Some(last) = open.iter().rposition(|block| *block == self.block) {
                open.swap_remove(last);
            }
            if open.is_empty() {
                begun.remove(&self.worker);
            }
        }
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ByHand").field(&self.block).finish()
    }
}
