//! Recorders: what hooks did, and what observers heard.

use std::sync::{Arc, Mutex};

use aftercommit::{Control, Event};

/// Labels in the order in which they were noted.
#[derive(Clone, Debug, Default)]
pub struct Labels(Arc<Mutex<Vec<String>>>);

impl Labels {
    pub fn note(&self, label: impl Into<String>) {
        self.0.lock().unwrap().push(label.into());
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    /// A hook that notes its label.
    pub fn hook(
        &self,
        label: &str,
    ) -> impl FnOnce() -> std::future::Ready<()> + Send + 'static + use<> {
        let (labels, label) = (self.clone(), label.to_owned());
        move || {
            labels.note(label);
            std::future::ready(())
        }
    }
}

/// What an observer heard, in words.
#[derive(Clone, Debug, Default)]
pub struct Heard(Labels);

impl Heard {
    pub fn hear(&self, event: &Event<'_>) {
        match event {
            Event::Control(Control::Savepoint(n)) => self.0.note(format!("savepoint {n}")),
            Event::Control(Control::Release(n)) => self.0.note(format!("release {n}")),
            Event::Control(Control::RollBackTo(n)) => self.0.note(format!("roll back to {n}")),
            Event::Control(control) => self.0.note(format!("{control:?}").to_lowercase()),
            Event::WorkerStarted { max_transactions } => {
                self.0.note(format!("worker started: {max_transactions}"));
            }
            Event::Committed { .. } => self.0.note("committed"),
            Event::NotCommitted { error, .. } => {
                self.0.note(format!(
                    "not committed: {}",
                    error.and_then(|e| e.code()).unwrap_or("its own error")
                ));
            }
            Event::CutCommitResolved { committed } => {
                self.0.note(format!("resolved: {committed:?}"))
            }
            Event::LongTransaction { .. } => self.0.note("long transaction"),
            Event::HookSlow { name, .. } => {
                self.0.note(format!("slow hook {}", name.unwrap_or("?")))
            }
            Event::HookEnded(hook) if hook.result.is_err() => {
                self.0.note(format!(
                    "failed hook {}",
                    hook.name.as_deref().unwrap_or("?")
                ));
            }
            Event::BreakerOpened { receiver } => {
                self.0.note(format!("breaker opened for {receiver}"))
            }
            Event::LeasesLost { effects } => self.0.note(format!("{effects} lease lost")),
            Event::Attempted { outcome, .. } => self.0.note(format!("attempt {outcome}")),
            Event::WorkerTakenForDead => self.0.note("taken for dead"),
            Event::WorkerTrouble { what, error } => {
                self.0.note(format!("trouble with {what}: {error}"))
            }
            Event::Operated {
                verb,
                receiver,
                effects,
                reason,
                ..
            } => {
                let (receiver, reason) = (receiver.unwrap_or("any"), reason.unwrap_or("no reason"));
                self.0
                    .note(format!("{verb} {effects} of {receiver}: {reason}"));
            }
            Event::MutedNobody { receiver } => self.0.note(format!("muted nobody: {receiver}")),
            Event::ReceiverFailed { receiver, .. } => {
                self.0.note(format!("failed receiver {receiver}"))
            }
            _ => {}
        }
    }

    pub fn all(&self) -> Vec<String> {
        self.0.all()
    }

    pub fn has(&self, words: &str) -> bool {
        self.all().iter().any(|heard| heard == words)
    }
}
