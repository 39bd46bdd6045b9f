//! Who has got the mail of an effect that goes on. Pure, but for the lock.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aftercommit::{EffectId, Outcome};

use crate::check::Outgoing;
use crate::receipt::{self, Receipt, Why};

/// Remembers, for effects whose mail did not reach everybody, what is final. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Served(Arc<Mutex<Memory>>);

/// By effect and address.
type Memory = BTreeMap<EffectId, HashMap<String, receipt::Outcome>>;

/// The most effects that are remembered. The oldest are forgotten first: their mail is repeated for everybody.
const MOST: usize = 10_000;

impl Served {
    /// Takes those out of the envelope whose outcome is known.
    pub(super) fn leave_out(&self, effect: EffectId, mail: &mut Outgoing) {
        self.memory(|memory| {
            if let Some(known) = memory.get(&effect) {
                mail.recipients
                    .retain(|to| !known.contains_key(&to.to_string()));
            }
        });
    }

    /// What is known of everybody after this attempt.
    pub(super) fn with(
        &self,
        effect: EffectId,
        everybody: &[String],
        sent: Vec<(String, receipt::Outcome)>,
    ) -> Receipt {
        self.memory(|memory| {
            let mut all = memory.get(&effect).cloned().unwrap_or_default();
            all.extend(sent);
            let outcomes = everybody.iter().filter_map(|to| all.remove_entry(to));
            let receipt = Receipt::new(outcomes.collect());
            let is_final = |outcome: &receipt::Outcome| match outcome {
                Ok(()) => true,
                Err(refusal) => refusal.why == Why::Never,
            };
            let known = receipt.outcomes.iter();
            let known = known.filter(|(_, outcome)| is_final(outcome)).cloned();
            let known: HashMap<_, _> = known.collect();
            match known.is_empty() {
                true => memory.remove(&effect),
                false => memory.insert(effect, known),
            };
            while memory.len() > MOST {
                memory.pop_first();
            }
            receipt
        })
    }

    /// Forgets what is not needed any more.
    pub(super) fn answered(&self, effect: EffectId, answer: &aftercommit::Result<Outcome>) {
        self.memory(|memory| match answer {
            Ok(Outcome::Done) => {
                memory.remove(&effect);
            }
            // Whoever takes it out of the dead letters means those who did not get it.
            Ok(Outcome::Discard(_)) => {
                if let Some(known) = memory.get_mut(&effect) {
                    known.retain(|_, outcome| outcome.is_ok());
                }
            }
            _ => {}
        });
    }

    fn memory<T>(&self, with: impl FnOnce(&mut Memory) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
