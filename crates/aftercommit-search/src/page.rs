//! What was found. Pure.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A page of hits.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// How many documents match in all.
    pub total: usize,
    /// Which page this is, counted from 1.
    pub number: usize,
    /// How many pages there are.
    pub pages: usize,
    /// The hits of this page, in order.
    pub hits: Vec<Hit>,
}

/// A document that was found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Hit {
    /// The row's id.
    pub id: String,
    /// By field: a part of its text as HTML, with the words in `<mark>` and the rest escaped. Empty where the field has none
    /// of the words.
    pub highlights: BTreeMap<String, String>,
    /// By field: the text as it was put, for fields that were to be [shown](crate::Query::show).
    pub texts: BTreeMap<String, String>,
}

impl Page {
    pub(crate) fn new(total: usize, number: usize, size: usize, hits: Vec<Hit>) -> Self {
        Self {
            total,
            number,
            pages: total.div_ceil(size.max(1)),
            hits,
        }
    }

    /// The ids in the order of the hits, to fetch the rows by.
    ///
    /// # Errors
    ///
    /// An id in the index that is not of this type.
    pub fn ids<T: FromStr>(&self) -> Result<Vec<T>> {
        let parse = |hit: &Hit| {
            hit.id.parse().map_err(|_| {
                Error::new(
                    "SEARCH_ID",
                    format!(
                        "an id in the index is no {}: it was made from another model",
                        std::any::type_name::<T>()
                    ),
                )
            })
        };
        self.hits.iter().map(parse).collect()
    }
}
