//! What happens at the boundaries between the steps of an effect's life.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::delivery::Point;
use crate::error::{Error, Result};

/// What happens at a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// The step fails with an error.
    Fail,
    /// It panics.
    Panic,
    /// The process is killed, as by `kill -9`.
    Kill,
    /// It takes so long.
    Stall(Duration),
    /// It never goes on: whoever waits for it may give up.
    Hang,
}

/// The acts that are planned, and how often each boundary was reached.
#[derive(Clone, Default)]
pub(super) struct Points(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    acts: HashMap<(Point, u32), Act>,
    reached: HashMap<Point, u32>,
}

impl Points {
    fn with<T>(&self, with: impl FnOnce(&mut Plan) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn plan(&self, point: Point, time: u32, act: Act) {
        self.with(|plan| plan.acts.insert((point, time), act));
    }

    pub(super) fn reached(&self, point: Point) -> u32 {
        self.with(|plan| plan.reached.get(&point).copied().unwrap_or(0))
    }

    #[expect(
        clippy::panic,
        reason = "asked for by a test, to see that it is contained"
    )]
    pub(super) async fn at(&self, point: Point) -> Result<()> {
        let act = self.with(|plan| {
            let times = plan.reached.entry(point).or_default();
            *times += 1;
            let time = *times;
            plan.acts.remove(&(point, time))
        });
        match act {
            None => Ok(()),
            Some(Act::Fail) => Err(Error::other(format!("failed at {}", point.name()))),
            Some(Act::Panic) => panic!("panicked at {}", point.name()),
            Some(Act::Kill) => {
                kill();
                std::future::pending().await
            }
            Some(Act::Stall(time)) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
            Some(Act::Hang) => std::future::pending().await,
        }
    }
}

/// Nothing of this process runs any more when this returns, and it does not return.
fn kill() {
    let me = std::process::id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-9", &me])
        .status();
    if !killed.is_ok_and(|status| status.success()) {
        std::process::abort();
    }
}
