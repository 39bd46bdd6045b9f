//! The statements on one row, or on many, of a table that the program describes.

use std::fmt::Write as _;

/// How one database writes and reads rows of a model. Texts with places for names, of which the user's are quoted.
#[derive(Debug)]
pub struct RowSql {
    pub(crate) insert: &'static str,
    pub(crate) insert_empty: &'static str,
    pub(crate) returning: &'static str,
    pub(crate) update: &'static str,
    pub(crate) delete: &'static str,
    pub(crate) get: &'static str,
    pub(crate) lock: &'static str,
    pub(crate) present: &'static str,
    pub(crate) delete_many: &'static str,
    pub(crate) now: &'static str,
    /// Whether an INSERT and an UPDATE answer with columns.
    pub(crate) answers: bool,
    /// For an INSERT that finds out whether the row is there, where reading or updating a missing row would lock the gap.
    pub(crate) conflict: Option<Conflict>,
    /// Whether the id of a row that was rolled back is given again.
    pub(crate) reuses_ids: bool,
    /// The quote around names.
    pub(crate) quote: char,
    /// What stands before a parameter's number; where it is `?`, there is no number.
    pub(crate) parameter: char,
    /// The most parameters in one statement.
    pub(crate) most_parameters: usize,
}

/// What makes an INSERT say that a row is there, without an effect on it but a lock.
#[derive(Debug)]
pub struct Conflict {
    pub(crate) sql: &'static str,
    /// The SQLSTATE of its answer.
    pub(crate) code: &'static str,
}

/// The files of a dialect that are on rows.
macro_rules! row_sql {
    ($($rest:tt)*) => {
        $crate::store::RowSql {
            insert: include_str!("row_insert.sql"),
            insert_empty: include_str!("row_insert_empty.sql"),
            returning: include_str!("row_returning.sql"),
            update: include_str!("row_update.sql"),
            delete: include_str!("row_delete.sql"),
            get: include_str!("row_get.sql"),
            lock: include_str!("row_lock.sql"),
            present: include_str!("rows_present.sql"),
            delete_many: include_str!("rows_delete.sql"),
            now: include_str!("now.sql"),
            $($rest)*
        }
    };
}
pub(crate) use row_sql;

impl RowSql {
    /// Appends a name in quotes; a table's schema is a name of its own.
    pub(crate) fn name(&self, text: &mut String, name: &str) {
        for (index, part) in name.split('.').enumerate() {
            if index > 0 {
                text.push('.');
            }
            text.push(self.quote);
            text.push_str(part);
            text.push(self.quote);
        }
    }

    /// Appends the place of the `number`th parameter, counted from 1.
    pub(crate) fn parameter(&self, text: &mut String, number: usize) {
        text.push(self.parameter);
        if self.parameter != '?' {
            // Writing to a string does not fail.
            let _: std::fmt::Result = write!(text, "{number}");
        }
    }
}

/// Fills the places of a text in one pass, so that nothing which was filled in is looked at again.
pub(crate) fn fill(template: &str, mut place: impl FnMut(&str, &mut String)) -> String {
    let mut text = String::with_capacity(template.len() + 128);
    for line in template.lines().filter(|line| !line.starts_with("--")) {
        if !text.is_empty() {
            text.push('\n');
        }
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            place(name, &mut text);
            rest = after;
        }
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once_and_comments_stay_at_home() {
        let text = fill("-- why\nSELECT {a}\nFROM {b}\n", |place, text| {
            text.push_str(if place == "a" { "{b}" } else { "t" });
        });
        assert_eq!(text, "SELECT {b}\nFROM t");
    }
}
