//! A change of one document, as an effect keeps it. Pure.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::change::{Change, Value};
use crate::index::{Definition, Kind};

/// The signal between a model and its index: what the document is after the commit.
///
/// It holds what the index shows and nothing else of the row. Fields go by their names, because it may be read by a later
/// version of the program.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct DocumentChanged<M> {
    index: String,
    id: String,
    /// `None`: there is none any more.
    fields: Option<Vec<(String, Value)>>,
    #[serde(skip)]
    model: PhantomData<fn() -> M>,
}

/// The longest key of an effect.
const LONGEST_KEY: usize = 190;

impl<M> DocumentChanged<M> {
    /// `None` for a change that is not about one document.
    pub(crate) fn new(definition: &Definition, change: Change) -> Option<Self> {
        let (id, fields) = match change {
            Change::Put { id, values } => {
                let names = definition.fields.iter().map(|field| field.name.to_owned());
                (id, Some(names.zip(values).collect()))
            }
            Change::Remove { id } => (id, None),
            Change::Clear => return None,
        };
        Some(Self {
            index: definition.name.to_owned(),
            id,
            fields,
            model: PhantomData,
        })
    }

    pub(crate) fn is_for(&self, index: &str) -> bool {
        self.index == index
    }

    /// Changes of one key are made one after another. Two long ids may share one, which only makes them wait for each other.
    pub(crate) fn key(&self) -> String {
        let end = (0..=LONGEST_KEY.min(self.id.len())).rev();
        let end = end.into_iter().find(|at| self.id.is_char_boundary(*at));
        self.id[..end.unwrap_or(0)].to_owned()
    }

    /// What is to be done, if the index still has these fields.
    pub(crate) fn change(&self, definition: &Definition) -> Result<Change, String> {
        let id = self.id.clone();
        let Some(fields) = &self.fields else {
            return Ok(Change::Remove { id });
        };
        let fits = |((name, value), field): (&(String, Value), &crate::index::Field)| {
            let kind = matches!(
                (value, field.kind),
                (Value::Text(_), Kind::Text | Kind::Keyword) | (Value::Number(_), Kind::Number)
            );
            name == field.name && kind
        };
        let same = fields.len() == definition.fields.len()
            && fields.iter().zip(&definition.fields).all(fits);
        if !same {
            return Err(format!(
                "the document was written down with other fields than index {} has now: put the row again, and discard this",
                definition.name
            ));
        }
        let values = fields.iter().map(|(_, value)| value.clone()).collect();
        Ok(Change::Put { id, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Field;

    fn definition(fields: &[(&'static str, Kind)]) -> Definition {
        let field = |(name, kind): &(&'static str, Kind)| Field { name, kind: *kind };
        Definition {
            name: "books",
            fields: fields.iter().map(field).collect(),
        }
    }

    fn put(id: &str) -> Change {
        let values = vec![Value::Text("Emma".into()), Value::Number(1815)];
        Change::Put {
            id: id.into(),
            values,
        }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let books = definition(&[("title", Kind::Text), ("year", Kind::Number)]);
        let changes = [put("7"), Change::Remove { id: "7".into() }];
        for change in changes {
            let changed = DocumentChanged::<()>::new(&books, change.clone()).expect("one document");
            let text = serde_json::to_string(&changed).expect("JSON");
            let read: DocumentChanged<()> = serde_json::from_str(&text).expect("the same");
            assert!(read.is_for("books") && !read.is_for("authors"));
            assert!(read.change(&books) == Ok(change), "{text}");
        }
        assert!(DocumentChanged::<()>::new(&books, Change::Clear).is_none());
    }

    #[test]
    fn other_fields_are_not_filled_with_it() {
        let written = definition(&[("title", Kind::Text), ("year", Kind::Number)]);
        let changed = DocumentChanged::<()>::new(&written, put("7")).expect("one document");
        for fields in [
            &[("title", Kind::Text)][..],
            &[("name", Kind::Text), ("year", Kind::Number)],
            &[("title", Kind::Text), ("year", Kind::Keyword)],
            &[("year", Kind::Number), ("title", Kind::Text)],
        ] {
            let told = changed.change(&definition(fields));
            assert!(told.is_err_and(|why| why.contains("index books")));
        }
    }

    #[test]
    fn a_key_fits_whatever_the_id_is() {
        let books = definition(&[("title", Kind::Text)]);
        for (id, length) in [("7", 1), ("", 0), (&*"ü".repeat(200), 190)] {
            let changed = DocumentChanged::<()>::new(&books, put(id)).expect("one document");
            assert_eq!(changed.key().len(), length);
        }
    }
}
