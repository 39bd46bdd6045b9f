//! What is asked. Pure.

use crate::error::{Error, Result};
use crate::index::{Definition, Kind};

/// Which way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A question to an index.
///
/// Whatever stands in the words is words: there is no syntax, so that a search box cannot break anything. A document is
/// found if it has all of them, each in any of its text fields; the last one may be the beginning of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a query asks nothing before it is given to `search`"]
pub struct Query {
    pub(crate) words: String,
    pub(crate) filters: Vec<(String, Filter)>,
    pub(crate) order: Option<(String, Direction)>,
    pub(crate) page: usize,
    pub(crate) size: usize,
    pub(crate) highlights: Vec<String>,
    pub(crate) shown: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Is(String),
    Between(i64, i64),
}

/// The most characters of the words that are looked at; nobody types more into a box.
const MOST_CHARACTERS: usize = 1_000;
/// The most words that are looked for.
pub(crate) const MOST_WORDS: usize = 32;
/// The most hits of a page.
const LARGEST_PAGE: usize = 1_000;
/// The last hit that can be reached by pages, as in the engines that work by pages.
const LAST_HIT: usize = 10_000;

impl Query {
    /// All documents.
    pub fn all() -> Self {
        Self::words("")
    }

    /// Documents with these words. Nothing at all: all documents; signs without a word: none.
    pub fn words(words: impl AsRef<str>) -> Self {
        Self {
            words: words.as_ref().chars().take(MOST_CHARACTERS).collect(),
            filters: Vec::new(),
            order: None,
            page: 1,
            size: 20,
            highlights: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// Only those whose keyword, or number, is this. Several filters must all pass.
    pub fn filter(mut self, field: impl Into<String>, value: impl ToString) -> Self {
        self.filters
            .push((field.into(), Filter::Is(value.to_string())));
        self
    }

    /// Only those whose number is in between, ends included.
    pub fn between(mut self, field: impl Into<String>, from: i64, to: i64) -> Self {
        self.filters.push((field.into(), Filter::Between(from, to)));
        self
    }

    /// Ordered by a keyword or a number. Without it, the best match comes first.
    pub fn order_by(mut self, field: impl Into<String>, direction: Direction) -> Self {
        self.order = Some((field.into(), direction));
        self
    }

    /// Which page, counted from 1, of so many hits. Without it, the first of 20.
    pub fn page(mut self, number: usize, size: usize) -> Self {
        (self.page, self.size) = (number, size);
        self
    }

    /// Marks the words in this text field of each hit.
    pub fn highlight(mut self, field: impl Into<String>) -> Self {
        self.highlights.push(field.into());
        self
    }

    /// Brings this text field of each hit along, for lists that need no row.
    pub fn show(mut self, field: impl Into<String>) -> Self {
        self.shown.push(field.into());
        self
    }

    pub(crate) fn check(&self, index: &Definition) -> Result<()> {
        for (field, filter) in &self.filters {
            let numbers = [Kind::Number];
            let both = [Kind::Keyword, Kind::Number];
            let kind = known(
                index,
                field,
                if matches!(filter, Filter::Is(_)) {
                    &both
                } else {
                    &numbers
                },
                "filtered",
            )?;
            if let (Kind::Number, Filter::Is(value)) = (kind, filter)
                && value.parse::<i64>().is_err()
            {
                return Err(Error::new(
                    "SEARCH_QUERY",
                    format!("{field} is a number, and the filter's value is not"),
                ));
            }
        }
        if let Some((field, _)) = &self.order {
            known(index, field, &[Kind::Keyword, Kind::Number], "ordered")?;
        }
        for field in &self.highlights {
            known(index, field, &[Kind::Text], "highlighted")?;
        }
        for field in &self.shown {
            known(index, field, &[Kind::Text], "shown")?;
        }
        if self.page == 0 || self.size == 0 || self.size > LARGEST_PAGE {
            return Err(Error::new(
                "SEARCH_PAGE",
                format!("pages are counted from 1 and have 1 to {LARGEST_PAGE} hits"),
            ));
        }
        if self.page.saturating_mul(self.size) > LAST_HIT {
            return Err(Error::new(
                "SEARCH_PAGE",
                format!("pages end at hit {LAST_HIT}: narrow the search with words or filters"),
            ));
        }
        Ok(())
    }

    pub(crate) fn offset(&self) -> usize {
        (self.page - 1) * self.size
    }
}

fn known(index: &Definition, name: &str, kinds: &[Kind], verb: &str) -> Result<Kind> {
    let field = index.fields.iter().find(|field| field.name == name);
    match field {
        Some(field) if kinds.contains(&field.kind) => Ok(field.kind),
        _ => {
            let fit = index
                .fields
                .iter()
                .filter(|field| kinds.contains(&field.kind));
            let fit: Vec<&str> = fit.map(|field| field.name).collect();
            Err(Error::new(
                "SEARCH_QUERY",
                format!(
                    "index {} cannot be {verb} by {name:?}: the fields for that are [{}]",
                    index.name,
                    fit.join(", ")
                ),
            ))
        }
    }
}
