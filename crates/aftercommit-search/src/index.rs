//! Which documents the rows of a model become.

use std::fmt;
use std::sync::Arc;

use aftercommit::model::Model;

use crate::change::{Change, Value};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::indexed::Indexed;

/// What a field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Words to be found and marked.
    Text,
    /// One value to filter and order by.
    Keyword,
    /// A whole number to filter and order by.
    Number,
}

/// A field of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub kind: Kind,
}

/// What an engine needs to know of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// Its fields, in the order of their definition.
    pub fields: Vec<Field>,
}

type Extract<M> = Arc<dyn Fn(&M) -> Value + Send + Sync>;
type Keep<M> = Arc<dyn Fn(&M) -> bool + Send + Sync>;

/// An index in the making: see [`of`](Self::of).
#[must_use = "an index finds nothing before it is opened"]
pub struct Index<M> {
    pub(crate) definition: Definition,
    extracts: Vec<Extract<M>>,
    keep: Option<Keep<M>>,
}

impl<M: Model<Id: fmt::Display>> Index<M> {
    /// An index of this name: lower-case letters, digits, `-` and `_`, a letter first, at most 100 of them.
    pub fn of(name: &'static str) -> Self {
        Self {
            definition: Definition {
                name,
                fields: Vec::new(),
            },
            extracts: Vec::new(),
            keep: None,
        }
    }

    /// A field with words to be found.
    pub fn text(
        self,
        name: &'static str,
        value: impl Fn(&M) -> String + Send + Sync + 'static,
    ) -> Self {
        self.field(name, Kind::Text, move |row| Value::Text(value(row)))
    }

    /// A field with one value to filter and order by.
    pub fn keyword(
        self,
        name: &'static str,
        value: impl Fn(&M) -> String + Send + Sync + 'static,
    ) -> Self {
        self.field(name, Kind::Keyword, move |row| Value::Text(value(row)))
    }

    /// A field with a whole number to filter and order by.
    pub fn number(
        self,
        name: &'static str,
        value: impl Fn(&M) -> i64 + Send + Sync + 'static,
    ) -> Self {
        self.field(name, Kind::Number, move |row| Value::Number(value(row)))
    }

    /// Rows that do not pass are not in the index; one that passes no longer is removed.
    pub fn only(mut self, keep: impl Fn(&M) -> bool + Send + Sync + 'static) -> Self {
        self.keep = Some(Arc::new(keep));
        self
    }

    fn field(
        mut self,
        name: &'static str,
        kind: Kind,
        extract: impl Fn(&M) -> Value + Send + Sync + 'static,
    ) -> Self {
        self.definition.fields.push(Field { name, kind });
        self.extracts.push(Arc::new(extract));
        self
    }

    /// Opens the index, and makes it if it is not there.
    ///
    /// # Errors
    ///
    /// A name that is none, the same field twice, no text field; what the engine says.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, an index may have been made; opening it again finds it.
    pub async fn open(self, engine: impl Engine) -> Result<Indexed<M>> {
        self.check()?;
        engine.open(&self.definition).await?;
        Ok(Indexed::new(self, Arc::new(engine)))
    }

    fn check(&self) -> Result<()> {
        is_name("index", self.definition.name)?;
        for (index, field) in self.definition.fields.iter().enumerate() {
            is_name("field", field.name)?;
            if self.definition.fields[..index]
                .iter()
                .any(|other| other.name == field.name)
            {
                return Err(Error::new(
                    "SEARCH_NAME",
                    format!(
                        "index {} has the field \"{}\" twice",
                        self.definition.name, field.name
                    ),
                ));
            }
        }
        if !self
            .definition
            .fields
            .iter()
            .any(|field| field.kind == Kind::Text)
        {
            return Err(Error::new(
                "SEARCH_NAME",
                format!(
                    "index {} has no text field, so that no word could be found",
                    self.definition.name
                ),
            ));
        }
        Ok(())
    }

    /// What a row that was saved does to the index.
    pub(crate) fn change(&self, row: &M) -> Change {
        let id = row.id().to_string();
        if self.keep.as_ref().is_some_and(|keep| !keep(row)) {
            return Change::Remove { id };
        }
        let values = self.extracts.iter().map(|extract| extract(row)).collect();
        Change::Put { id, values }
    }
}

/// The strictest rule of the engines, so that an index can move from one to another.
fn is_name(what: &str, name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let fine = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 100
        && name.chars().all(plain);
    if fine && !(what == "field" && name == "id") {
        return Ok(());
    }
    Err(Error::new(
        "SEARCH_NAME",
        format!(
            "{name:?} cannot name {what}: lower-case letters, digits, - and _, a letter first, at most 100 (and a field is \
             not \"id\", which every document has)",
            what = if what == "index" {
                "an index"
            } else {
                "a field"
            },
        ),
    ))
}

impl<M> fmt::Debug for Index<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index")
            .field("definition", &self.definition)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let long = "x".repeat(101);
        for name in ["../_all", "-x", "Users", "_bulk", "", "a b", &long, "ü"] {
            assert!(is_name("index", name).is_err(), "{name}");
        }
        assert!(is_name("index", "users-2").is_ok());
        assert!(is_name("field", "id").is_err());
    }
}
