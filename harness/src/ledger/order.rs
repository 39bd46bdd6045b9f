//! Whether the effects of each key arrived in their order. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Deliveries, Delivery, Which};

/// A delivery that came after one of the same key that it should have preceded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfOrder {
    /// The key.
    pub key: String,
    /// What came too late.
    pub late: Which,
    /// What was there before it, with a higher place.
    pub after: Which,
    /// Whether `late` had also arrived before, in time: then a worker repeated it, such as one that was paused during
    /// a delivery for longer than it was allowed to take. If not, the order of the key itself is broken.
    pub again: bool,
}

impl fmt::Display for OutOfOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let again = if self.again { " again" } else { "" };
        write!(
            f,
            "{} came{again} after {} (key {})",
            self.late, self.after, self.key
        )
    }
}

/// Takes deliveries in the order of arrival.
pub(super) fn out_of_order(deliveries: &Deliveries) -> Vec<OutOfOrder> {
    let mut highest: BTreeMap<&str, &Delivery> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for delivery in deliveries.iter() {
        let Some(key) = delivery.key.as_deref() else {
            continue;
        };
        let again = !seen.insert((&delivery.token, delivery.index));
        let highest = highest.entry(key).or_insert(delivery);
        if highest.place <= delivery.place {
            *highest = delivery;
        } else {
            found.push(OutOfOrder {
                key: key.to_owned(),
                late: delivery.which(),
                after: highest.which(),
                again,
            });
        }
    }
    found
}
