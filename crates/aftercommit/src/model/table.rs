//! A table as the program describes it, and the statements on it. Pure.

use crate::error::{Error, Kind, Result};
use crate::store::{Conflict, RowSql, fill};

/// What `#[derive(Model)]` wrote down.
#[derive(Debug)]
pub struct Table {
    /// Its name, with the schema if one was given.
    pub name: &'static str,
    /// The columns, in the order of the fields.
    pub columns: &'static [Column],
    /// Which of the columns is the id.
    pub id: usize,
    /// Whether the database gives the id.
    pub id_generated: bool,
    /// Whether the old row is read before it is changed.
    pub keep_old: bool,
}

/// One column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Who writes it.
    pub written: Written,
}

impl Column {
    fn is_bound(&self) -> bool {
        matches!(self.written, Written::ByProgram | Written::OrDefault)
    }
}

/// Who writes a column, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The program, at every write.
    ByProgram,
    /// The program, and the column's default where the program inserts no value.
    OrDefault,
    /// The database alone.
    ByDatabase,
    /// The database's clock, at the insert.
    AtInsert,
    /// The database's clock, at every write.
    AtWrite,
}

impl Table {
    /// The columns of an INSERT. A generated id is among them only if the program insists on a value, and a column that is
    /// left to the database is not.
    pub(super) fn inserted(&self, with_id: bool, left: impl Fn(usize) -> bool) -> Vec<usize> {
        self.choose(|index, column| match column.written {
            Written::ByDatabase => false,
            Written::OrDefault => !left(index),
            _ => index != self.id || with_id,
        })
    }

    /// The columns of an UPDATE: all that the program writes, or the named ones, and the time of the write.
    pub(super) fn updated(&self, only: Option<&[&str]>) -> Result<Vec<usize>> {
        for name in only.unwrap_or_default() {
            self.check(name)?;
        }
        Ok(self.choose(|index, column| match column.written {
            Written::ByProgram | Written::OrDefault => {
                index != self.id && only.is_none_or(|only| only.contains(&column.name))
            }
            Written::AtWrite => true,
            Written::ByDatabase | Written::AtInsert => false,
        }))
    }

    /// The columns that a write changes behind the program's back.
    pub(super) fn read_back(&self, inserting: bool) -> Vec<usize> {
        self.choose(|_, column| match column.written {
            Written::ByProgram => false,
            Written::AtInsert | Written::OrDefault => inserting,
            Written::ByDatabase | Written::AtWrite => true,
        })
    }

    pub(super) fn all(&self) -> Vec<usize> {
        self.choose(|_, _| true)
    }

    pub(super) fn names(&self, columns: &[usize]) -> Vec<&'static str> {
        columns
            .iter()
            .map(|&index| self.columns[index].name)
            .collect()
    }

    /// Whether the value of this column travels as a parameter.
    pub(super) fn is_bound(&self, column: usize) -> bool {
        self.columns[column].is_bound()
    }

    fn choose(&self, want: impl Fn(usize, &Column) -> bool) -> Vec<usize> {
        let wanted = self.columns.iter().enumerate();
        wanted
            .filter(|(index, column)| want(*index, column))
            .map(|(index, _)| index)
            .collect()
    }

    fn check(&self, name: &str) -> Result<()> {
        let column = self
            .columns
            .iter()
            .enumerate()
            .find(|(_, column)| column.name == name);
        match column {
            Some((index, column)) if index != self.id && column.is_bound() => Ok(()),
            _ => Err(Error::new(Kind::UnknownColumn {
                table: self.name,
                column: name.to_owned(),
                known: self.names(&self.updated(None)?).join(", "),
                exists: column.is_some(),
            })),
        }
    }
}

/// The statements on one table in one dialect.
pub(super) struct Statements<'s> {
    pub(super) table: &'s Table,
    pub(super) sql: &'s RowSql,
}

impl Statements<'_> {
    /// INSERT of `rows` rows, with these columns each, that answers with columns if any are to be read.
    pub(super) fn insert(
        &self,
        columns: &[usize],
        rows: usize,
        conflict: Option<&Conflict>,
        read: &[usize],
    ) -> String {
        let mut template = match columns.is_empty() {
            true => self.sql.insert_empty.to_owned(),
            false => self.sql.insert.to_owned(),
        };
        template.push_str(conflict.map_or("", |conflict| conflict.sql));
        if !read.is_empty() {
            template.push_str(self.sql.returning);
        }
        let mut number = 0;
        fill(&template, |place, text| match place {
            "columns" => self.names(text, columns),
            "rows" => separated(text, 0..rows, |text, _| {
                text.push('(');
                separated(text, columns, |text, &column| {
                    self.value(text, column, &mut number)
                });
                text.push(')');
            }),
            "read" => self.names(text, read),
            _ => self.common(place, text),
        })
    }

    /// UPDATE of these columns in the row of an id, which is the last parameter.
    pub(super) fn update(&self, columns: &[usize], read: &[usize]) -> String {
        let mut number = 0;
        fill(self.sql.update, |place, text| match place {
            "assignments" => separated(text, columns, |text, &column| {
                self.sql.name(text, self.table.columns[column].name);
                text.push_str(" = ");
                self.value(text, column, &mut number);
            }),
            "value" => self.sql.parameter(text, number + 1),
            "read" => self.names(text, read),
            _ => self.common(place, text),
        })
    }

    /// A statement on the row of one id.
    pub(super) fn one(&self, template: &str, read: &[usize]) -> String {
        fill(template, |place, text| match place {
            "value" => self.sql.parameter(text, 1),
            "read" => self.names(text, read),
            _ => self.common(place, text),
        })
    }

    /// A statement on the rows of many ids.
    pub(super) fn many(&self, template: &str, ids: usize) -> String {
        fill(template, |place, text| match place {
            "values" => separated(text, 1..=ids, |text, number| {
                self.sql.parameter(text, number)
            }),
            _ => self.common(place, text),
        })
    }

    fn common(&self, place: &str, text: &mut String) {
        match place {
            "table" => self.sql.name(text, self.table.name),
            "id" => self.sql.name(text, self.table.columns[self.table.id].name),
            _ => {}
        }
    }

    fn names(&self, text: &mut String, columns: &[usize]) {
        separated(text, columns, |text, &column| {
            self.sql.name(text, self.table.columns[column].name);
        });
    }

    fn value(&self, text: &mut String, column: usize, number: &mut usize) {
        if self.table.is_bound(column) {
            *number += 1;
            self.sql.parameter(text, *number);
        } else {
            text.push_str(self.sql.now.trim());
        }
    }
}

fn separated<T>(
    text: &mut String,
    items: impl IntoIterator<Item = T>,
    mut each: impl FnMut(&mut String, T),
) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        each(text, item);
    }
}
