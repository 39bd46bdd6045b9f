//! Ids that the database gave in blocks that were rolled back. Pure.
//!
//! A plain struct keeps the id that it was given when its block rolls back, and nothing in it tells. Where the database
//! gives such an id again, saving the struct would write over somebody else's row. So these ids are remembered: a row that
//! carries one is saved as a new row, and no new row gets one.

use std::collections::{BTreeMap, HashMap};

/// The most ranges that are remembered of one table. Neighbours make one range, so that this is hardly reached.
const MAX_RANGES: usize = 4_096;

/// See the [module](self).
#[derive(Debug, Default)]
pub(crate) struct VoidIds {
    /// By table, and by the first id of each range: its last id.
    tables: HashMap<&'static str, BTreeMap<u64, u64>>,
}

/// An id that the database gave in a block that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GivenId {
    pub(crate) table: &'static str,
    pub(crate) id: u64,
}

impl VoidIds {
    pub(crate) fn add(&mut self, given: GivenId) {
        let GivenId { table, id } = given;
        if self.contains(table, id) {
            return;
        }
        let ranges = self.tables.entry(table).or_default();
        let (mut first, mut last) = (id, id);
        let before = ranges.range(..id).next_back();
        if let Some((&start, &end)) = before
            && id - end == 1
        {
            first = start;
        }
        let after = id.checked_add(1).and_then(|next| ranges.remove(&next));
        if let Some(end) = after {
            last = end;
        }
        ranges.insert(first, last);
        if ranges.len() > MAX_RANGES {
            // The smallest are the least likely to be given again.
            ranges.pop_first();
        }
    }

    pub(crate) fn contains(&self, table: &str, id: u64) -> bool {
        self.range(table, id).is_some()
    }

    /// The first id from this one on that is not void.
    pub(crate) fn next_free(&self, table: &str, id: u64) -> u64 {
        self.range(table, id)
            .map_or(id, |(_, last)| last.saturating_add(1))
    }

    pub(crate) fn any(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    fn range(&self, table: &str, id: u64) -> Option<(u64, u64)> {
        let (&first, &last) = self.tables.get(table)?.range(..=id).next_back()?;
        (id <= last).then_some((first, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn void(ids: &[u64]) -> VoidIds {
        let mut void = VoidIds::default();
        for &id in ids {
            void.add(GivenId { table: "t", id });
        }
        void
    }

    #[test]
    fn what_was_added_is_void_and_nothing_else() {
        let ids = [7, 3, 5, 4, 9, 3, u64::MAX];
        let void = void(&ids);
        for id in (0..12).chain([u64::MAX - 1, u64::MAX]) {
            assert_eq!(void.contains("t", id), ids.contains(&id), "{id}");
        }
        assert!(!void.contains("u", 3));
        assert_eq!((void.any("t"), void.any("u")), (true, false));
    }

    #[test]
    fn neighbours_are_one_range_in_any_order() {
        for ids in [[1, 2, 3], [3, 2, 1], [1, 3, 2]] {
            assert_eq!(void(&ids).tables["t"], BTreeMap::from([(1, 3)]), "{ids:?}");
        }
        assert_eq!(void(&[1, 2, 3, 5]).next_free("t", 2), 4);
        assert_eq!(void(&[1, 2, 3, 5]).next_free("t", 4), 4);
    }

    #[test]
    fn the_memory_is_bounded() {
        let odd: Vec<u64> = (0..20_000).map(|n| 2 * n).collect();
        let void = void(&odd);
        assert_eq!(void.tables["t"].len(), MAX_RANGES);
        assert!(void.contains("t", 39_998));
    }
}
