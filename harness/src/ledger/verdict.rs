//! The comparison of what was told, what was delivered, and what is true. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

use uuid::Uuid;

use super::order::out_of_order;
use super::{Claim, Claims, Deliveries, OutOfOrder, Told, Truth, Which};

/// What the books of a run say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Transactions that are committed.
    pub committed: usize,
    /// Effects of committed transactions that have arrived, each counted once.
    pub delivered: usize,
    /// Effects of committed transactions that nobody has: neither arrived nor dead nor still there.
    pub lost: Vec<Which>,
    /// Effects that arrived, or are still there, and that no committed transaction has sent.
    pub phantom: Vec<Which>,
    /// Deliveries beyond the first of the same effect, under the same id. Allowed: it is at least once.
    pub twice: usize,
    /// Effects that arrived under more than one id, so that no receiver can tell that they are one.
    pub twice_with_other_id: Vec<Which>,
    /// Effects that wait to be delivered when nothing stands in their way any more.
    pub stuck: Vec<Which>,
    /// Effects that were given up or set aside.
    pub set_aside: usize,
    /// Transactions whose client could not know, and which are committed.
    pub unknown_committed: usize,
    /// Transactions whose client could not know, and which are not.
    pub unknown_not: usize,
    /// Transactions of which a client was told something that is not so.
    pub told_wrong: Vec<(String, Wrong)>,
    /// Deliveries against the order of their key.
    pub out_of_order: Vec<OutOfOrder>,
}

/// What a client was told, and is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It was told that the transaction is committed.
    IsNotCommitted,
    /// It was told that the transaction has failed.
    IsCommitted,
    /// The transaction is committed with another number of effects than it has sent.
    OtherEffects {
        /// How many it has sent.
        sent: u32,
        /// How many are committed.
        committed: u32,
    },
}

impl Verdict {
    /// Compares the books.
    pub fn of(claims: &Claims, deliveries: &Deliveries, truth: &Truth) -> Self {
        let mut verdict = Self {
            committed: truth.committed.len(),
            out_of_order: out_of_order(deliveries),
            ..Self::default()
        };
        verdict.judge_claims(claims, truth);
        verdict.judge_deliveries(deliveries, truth);
        verdict
    }

    /// Whether every promise was kept. Repeated deliveries and unknown endings break none.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty()
            && self.phantom.is_empty()
            && self.twice_with_other_id.is_empty()
            && self.stuck.is_empty()
            && self.told_wrong.is_empty()
            && self.out_of_order.is_empty()
    }

    fn judge_claims(&mut self, claims: &Claims, truth: &Truth) {
        for (token, claims) in claims.by_token() {
            let committed = truth.committed.get(token).copied();
            let was_told = |told| claims.iter().any(|claim| claim.told == told);
            let known = was_told(Told::Committed) || was_told(Told::Failed);
            match committed {
                _ if known => {}
                Some(_) => self.unknown_committed += 1,
                None => self.unknown_not += 1,
            }
            let wrong = claims.iter().find_map(|claim| wrong(claim, committed));
            self.told_wrong
                .extend(wrong.map(|wrong| (token.to_owned(), wrong)));
        }
    }

    fn judge_deliveries(&mut self, deliveries: &Deliveries, truth: &Truth) {
        let mut arrived: BTreeMap<Which, BTreeMap<Uuid, usize>> = BTreeMap::new();
        for delivery in deliveries.iter() {
            let ids = arrived.entry(delivery.which()).or_default();
            *ids.entry(delivery.effect).or_default() += 1;
        }
        let left: BTreeSet<&Which> = truth.left.iter().map(|left| &left.which).collect();
        let known: BTreeSet<&Which> = arrived.keys().chain(left.iter().copied()).collect();
        self.phantom = (known.iter().copied())
            .filter(|which| !truth.has(which))
            .cloned()
            .collect();
        self.lost = (truth.sent())
            .filter(|which| !known.contains(which))
            .collect();
        self.delivered = arrived.keys().filter(|which| truth.has(which)).count();
        for (which, ids) in &arrived {
            self.twice += ids.values().map(|times| times - 1).sum::<usize>();
            if ids.len() > 1 {
                self.twice_with_other_id.push(which.clone());
            }
        }
        for left in &truth.left {
            if left.state.is_final() {
                self.set_aside += 1;
            } else {
                self.stuck.push(left.which.clone());
            }
        }
    }
}

fn wrong(claim: &Claim, committed: Option<u32>) -> Option<Wrong> {
    match (claim.told, committed) {
        (Told::Committed, None) => Some(Wrong::IsNotCommitted),
        (Told::Failed, Some(_)) => Some(Wrong::IsCommitted),
        (_, Some(committed)) if committed != claim.effects => Some(Wrong::OtherEffects {
            sent: claim.effects,
            committed,
        }),
        _ => None,
    }
}

impl Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IsNotCommitted => write!(f, "was told committed, and is not"),
            Self::IsCommitted => write!(f, "was told failed, and is committed"),
            Self::OtherEffects { sent, committed } => {
                write!(f, "has sent {sent} effects, and {committed} are committed")
            }
        }
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clean = if self.is_clean() {
            "clean"
        } else {
            "NOT CLEAN"
        };
        writeln!(f, "{clean}:")?;
        for (what, count) in [
            ("committed", self.committed),
            ("delivered", self.delivered),
            ("delivered again", self.twice),
            ("dead or parked", self.set_aside),
            ("unknown, committed", self.unknown_committed),
            ("unknown, not", self.unknown_not),
        ] {
            writeln!(f, "  {what:<20} {count:>9}")?;
        }
        let told = |(token, wrong): &(String, Wrong)| format!("{token} {wrong}");
        list(f, "lost", &self.lost, Which::to_string)?;
        list(f, "phantom", &self.phantom, Which::to_string)?;
        list(
            f,
            "under two ids",
            &self.twice_with_other_id,
            Which::to_string,
        )?;
        list(f, "stuck", &self.stuck, Which::to_string)?;
        list(f, "told wrong", &self.told_wrong, told)?;
        list(f, "out of order", &self.out_of_order, OutOfOrder::to_string)
    }
}

/// How many there are, and the first of them: the whole list is in the value.
fn list<T>(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    items: &[T],
    text: impl Fn(&T) -> String,
) -> fmt::Result {
    const SHOWN: usize = 10;
    writeln!(f, "  {what:<20} {:>9}", items.len())?;
    for item in items.iter().take(SHOWN) {
        writeln!(f, "    {}", text(item))?;
    }
    Ok(())
}
