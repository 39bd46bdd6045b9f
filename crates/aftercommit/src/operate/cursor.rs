//! Where the next page of a list begins. Pure.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::Filter;
use crate::effect::EffectId;
use crate::error::{Error, Kind, Result};

/// Where the next page of a list begins: opaque, and good for that list only. As a text it has letters and digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    list: u64,
    after: EffectId,
}

impl Cursor {
    pub(super) fn new(filter: &Filter, after: EffectId) -> Self {
        Self {
            list: filter.fingerprint(),
            after,
        }
    }

    /// The last effect of the page before.
    pub(super) fn after(&self, filter: &Filter) -> Result<EffectId> {
        if self.list == filter.fingerprint() {
            Ok(self.after)
        } else {
            Err(Error::new(Kind::BadCursor {
                why: "belongs to a list with another filter or order",
            }))
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{}", self.list, self.after.as_uuid().simple())
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(Kind::BadCursor {
                why: "is not one that a page gave",
            })
        };
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.len() != 48 || !is_hex {
            return Err(wrong());
        }
        let (list, after) = text.split_at(16);
        Ok(Self {
            list: u64::from_str_radix(list, 16).map_err(|_| wrong())?,
            after: Uuid::try_parse(after).map_err(|_| wrong())?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_cursor_comes_back_from_its_text_and_fits_its_list_only() {
        let dead = Filter::new().state(State::Dead).receiver("ship");
        let id = EffectId::from(Uuid::from_u128(7));
        let cursor: Cursor = Cursor::new(&dead, id).to_string().parse().expect("parses");
        assert_eq!(cursor.after(&dead).expect("fits"), id);
        // Pages of another size are of the same list.
        assert_eq!(cursor.after(&dead.clone().page(3)).expect("fits"), id);
        for other in [
            dead.clone().oldest_first(),
            dead.clone().state(State::Parked),
            dead.clone().receiver("shi").key("p"),
            Filter::new(),
        ] {
            let refused = cursor.after(&other).expect_err("another list");
            assert_eq!(refused.code(), Some("BAD_CURSOR"));
        }
    }

    #[test]
    fn what_is_no_cursor_is_an_error() {
        let long = "0".repeat(1_000_000);
        let no_hex = "g".repeat(48);
        let multibyte = "é".repeat(24);
        for text in [
            "",
            "7",
            "'; DROP TABLE x; --",
            &long,
            &no_hex,
            &multibyte,
            &"+".repeat(48),
        ] {
            let refused = text.parse::<Cursor>().expect_err("no cursor");
            assert_eq!(refused.code(), Some("BAD_CURSOR"));
        }
    }
}
