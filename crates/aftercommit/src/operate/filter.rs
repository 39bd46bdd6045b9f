//! Which effects a list has. Pure.

use super::{Cursor, State, Summary, check_receiver};
use crate::effect::LONGEST_WORD;
use crate::error::{Error, Kind, Result};

/// The most effects of one page.
pub const MOST_IN_A_PAGE: usize = 1_000;

/// Which effects a list has, in which order, and how many of them a page has. Unless it is narrowed: all, the newest first, 50.
///
/// ```
/// # use aftercommit::operate::{Filter, State};
/// let letters = Filter::new().state(State::Dead).receiver("ship").oldest_first().page(200);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Filter {
    pub(crate) state: Option<State>,
    pub(crate) receiver: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) oldest_first: bool,
    page: usize,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            state: None,
            receiver: None,
            key: None,
            oldest_first: false,
            page: 50,
        }
    }
}

impl Filter {
    /// Everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those that stand so.
    pub fn state(mut self, state: State) -> Self {
        self.state = Some(state);
        self
    }

    /// Only those of a receiver.
    pub fn receiver(mut self, receiver: impl Into<String>) -> Self {
        self.receiver = Some(receiver.into());
        self
    }

    /// Only those of a key.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The oldest first, by their ids. Those of a key are in the order of their *places*, which may differ where the clocks of
    /// processes do.
    pub fn oldest_first(mut self) -> Self {
        self.oldest_first = true;
        self
    }

    /// How many a page has: 1 to 1,000.
    pub fn page(mut self, page: usize) -> Self {
        self.page = page;
        self
    }

    /// How many a page has, if all of the filter can be asked for.
    pub(super) fn checked(&self) -> Result<usize> {
        if !(1..=MOST_IN_A_PAGE).contains(&self.page) {
            return Err(Error::new(Kind::BadPage {
                wanted: self.page,
                most: MOST_IN_A_PAGE,
            }));
        }
        if let Some(receiver) = &self.receiver {
            check_receiver(receiver)?;
        }
        match &self.key {
            Some(key) if key.len() > LONGEST_WORD || key.contains('\0') => {
                Err(Error::new(Kind::NoKey {
                    limit: LONGEST_WORD,
                }))
            }
            _ => Ok(self.page),
        }
    }

    /// Stands for the list in a cursor. FNV-1a, as for the lanes of keys: the same in every process.
    pub(super) fn fingerprint(&self) -> u64 {
        let state = self.state.map_or("any", State::name);
        let order = if self.oldest_first {
            "oldest"
        } else {
            "newest"
        };
        let words = [
            Some(state),
            Some(order),
            self.receiver.as_deref(),
            self.key.as_deref(),
        ];
        let bytes = words.into_iter().flat_map(|word| {
            // Neither byte is in a text, so that no two lists of words look alike.
            let end = if word.is_some() { 0xff } else { 0xfe };
            word.unwrap_or_default().bytes().chain([end])
        });
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The effects, in the order of the filter.
    pub effects: Vec<Summary>,
    /// Where the next page begins; [`None`] if this is the last one.
    pub next: Option<Cursor>,
}

impl Page {
    /// `found` may have one more than the page, which says that there is a next one.
    pub(super) fn cut(filter: &Filter, mut found: Vec<Summary>, page: usize) -> Self {
        found.sort_by_key(|effect| effect.id);
        if !filter.oldest_first {
            found.reverse();
        }
        let more = found.len() > page;
        found.truncate(page);
        let last = found.last().filter(|_| more);
        Self {
            next: last.map(|last| Cursor::new(filter, last.id)),
            effects: found,
        }
    }
}
