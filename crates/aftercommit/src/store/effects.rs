//! The statements on effects: texts with places, which are filled with the names of tables and with bound values.

use std::borrow::Cow;

use uuid::Uuid;

use super::{Dialect, Query, UniqueSql, fill};
use crate::error::{Error, Kind, Result};

/// The files of each dialect that are on effects, `effect_<name>.sql`, handed on to a macro.
macro_rules! each_statement {
    ($then:ident $given:tt) => {
        $then! {
            $given
            tables schema_version now clock append append_row delay delay_row place place_of claim heads take register extend resign rescue_dead rescue_pick rescue start release release_all owned disown settle wait bury promote_pick promote promoted park_pick park parked unpark_pick unblocked paused
        }
    };
}
pub(crate) use each_statement;

macro_rules! define {
    ([] $($name:ident)*) => {
        /// How one database keeps effects.
        #[derive(Debug)]
        pub struct EffectSql {
            $(pub(crate) $name: &'static str,)*
            /// Where taking does not answer with the rows: how they are locked first.
            pub(crate) lock: Option<&'static str>,
            /// How many ids one statement takes, removes or releases at most. MariaDB scans a small table for several, whatever its hints
            /// say, and waits for the rows of others while it has its own.
            pub(crate) at_once: usize,
            /// Where other processes can be told that there is something to claim.
            pub(crate) notify: Option<&'static str>,
            /// A text and an id as literals, with `{hex}` for their bytes.
            pub(crate) text_literal: &'static str,
            pub(crate) id_literal: &'static str,
            /// What goes before a statement of the user's transaction on the library's own rows, where the server would compare
            /// them with the snapshot.
            pub(crate) current: Option<&'static str>,
            /// Where effects that have both a key and a unique key could wait for each other: what keeps them apart.
            pub(crate) unique_lane: Option<&'static str>,
            /// Where unique keys have a table of their own.
            pub(crate) unique: Option<UniqueSql>,
        }

        impl EffectSql {
            /// The name of a statement, for who looks from outside.
            pub(crate) fn name(&self, statement: &str) -> &'static str {
                $(if std::ptr::eq(self.$name, statement) {
                    return stringify!($name);
                })*
                match (self.lock, &self.unique) {
                    (Some(lock), _) if std::ptr::eq(lock, statement) => "lock",
                    (_, Some(unique)) => unique.name(statement),
                    _ => "",
                }
            }
        }
    };
}
each_statement!(define []);

/// The statements of the dialect in whose file it stands.
macro_rules! effect_sql {
    ($($rest:tt)*) => {
        $crate::store::each_statement!(load_effect_sql { $($rest)* })
    };
}
pub(crate) use effect_sql;

macro_rules! load_effect_sql {
    ({ $($rest:tt)* } $($name:ident)*) => {
        $crate::store::EffectSql {
            $($name: include_str!(concat!("effect_", stringify!($name), ".sql")),)*
            $($rest)*
        }
    };
}
pub(crate) use load_effect_sql;

/// A value of a statement of the library's own.
#[derive(Clone, Debug)]
pub enum Value {
    Int(i64),
    Text(String),
    NoText,
    Id(Uuid),
}

/// How a dialect binds and reads such values.
macro_rules! values {
    () => {
        fn bind(
            arguments: &mut Self::Arguments,
            value: &$crate::store::Value,
        ) -> Result<(), sqlx::error::BoxDynError> {
            use sqlx::Arguments as _;
            match value {
                $crate::store::Value::Int(number) => arguments.add(*number),
                $crate::store::Value::Text(text) => arguments.add(text.as_str()),
                $crate::store::Value::NoText => arguments.add(None::<String>),
                $crate::store::Value::Id(id) => arguments.add(*id),
            }
        }

        fn int(row: &Self::Row, at: usize) -> Result<Option<i64>, sqlx::Error> {
            sqlx::Row::try_get(row, at)
        }

        // Unchecked: a text that is compared byte by byte is of a binary type in MySQL.
        fn text(row: &Self::Row, at: usize) -> Result<Option<String>, sqlx::Error> {
            sqlx::Row::try_get_unchecked(row, at)
        }

        fn uuid(row: &Self::Row, at: usize) -> Result<uuid::Uuid, sqlx::Error> {
            sqlx::Row::try_get(row, at)
        }
    };
}
pub(crate) use values;

/// The names of the library's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tables {
    schema: Option<String>,
    prefix: String,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            schema: None,
            prefix: "aftercommit_".into(),
        }
    }
}

/// Leaves room for the longest table and index, of the 63 bytes that Postgres has for a name.
const LONGEST_PREFIX: usize = 40;

impl Tables {
    /// Names are made of lower-case letters, digits and underscores, and do not begin with a digit.
    pub(crate) fn new(schema: Option<&str>, prefix: &str) -> Result<Self> {
        for name in schema.into_iter().chain([prefix]) {
            let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let digit = name.starts_with(|c: char| c.is_ascii_digit());
            let wrong = name.find(|c| !is_part(c)).or(digit.then_some(0));
            if wrong.is_some() || name.is_empty() || name.len() > LONGEST_PREFIX {
                return Err(Error::new(Kind::BadIdentifier {
                    name: name.to_owned(),
                    at: wrong.unwrap_or(name.len().min(LONGEST_PREFIX)),
                    limit: LONGEST_PREFIX,
                }));
            }
        }
        Ok(Self {
            schema: schema.map(str::to_owned),
            prefix: prefix.to_owned(),
        })
    }

    /// Fills in a table, the schema with a point, the prefix, or the number that stands for all of them in advisory locks.
    fn place(&self, place: &str, quote: char, text: &mut String) -> bool {
        match place {
            "prefix" => text.push_str(&self.prefix),
            "channel" => {
                text.extend(self.schema.iter().flat_map(|schema| [schema.as_str(), "_"]));
                text.extend([self.prefix.as_str(), "effects"]);
            }
            "class" => text.push_str(&self.class().to_string()),
            "within" => self.within(quote, text),
            "effects" | "waiting" | "dead" | "workers" | "receivers" | "lanes" | "uniques"
            | "schema" | "places" => {
                self.within(quote, text);
                text.push(quote);
                text.push_str(&self.prefix);
                text.push_str(place);
                text.push(quote);
            }
            _ => return false,
        }
        true
    }

    fn within(&self, quote: char, text: &mut String) {
        if let Some(schema) = &self.schema {
            text.push(quote);
            text.push_str(schema);
            text.push(quote);
            text.push('.');
        }
    }

    fn class(&self) -> i32 {
        let schema = self.schema.as_deref().unwrap_or_default();
        let names = schema.bytes().chain([0]).chain(self.prefix.bytes());
        names.fold(0x0af7_e7c0, |class: i32, byte| {
            class.wrapping_mul(31).wrapping_add(i32::from(byte))
        })
    }
}

/// A text with its tables and further texts filled in.
pub(crate) fn text<DB: Dialect>(template: &str, tables: &Tables, texts: &[(&str, &str)]) -> String {
    let sql = DB::effects();
    fill(template, |place, text| {
        let given = texts.iter().find(|(name, _)| *name == place);
        match given {
            Some((_, given)) => text.push_str(given),
            None if place == "now" => text.push_str(sql.now.trim()),
            None => {
                tables.place(place, DB::rows().quote, text);
            }
        }
    })
}

/// A statement with values bound to the places of these names.
pub(crate) fn bound<DB: Dialect>(
    template: &str,
    tables: &Tables,
    values: &[(&str, Cow<'_, [Value]>)],
) -> Result<Query<DB>> {
    let (sql, mut arguments, mut trouble) = (DB::effects(), DB::Arguments::default(), None);
    let mut number = 0;
    let filled = fill(template, |place, text| {
        let Some((_, values)) = values.iter().find(|(name, _)| *name == place) else {
            match place {
                "now" => text.push_str(sql.now.trim()),
                _ => {
                    tables.place(place, DB::rows().quote, text);
                }
            }
            return;
        };
        for (index, value) in padded(values).enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            number += 1;
            DB::rows().parameter(text, number);
            if let Err(error) = DB::bind(&mut arguments, value) {
                trouble = Some(error);
            }
        }
    });
    match trouble {
        None => Ok(Query::new(filled, arguments)),
        Some(error) => Err(Error::from(sqlx::Error::Encode(error))),
    }
}

/// A list is filled up to a power of two with its last value, so that there are few different statements to prepare.
fn padded(values: &[Value]) -> impl Iterator<Item = &Value> {
    let length = values.len().next_power_of_two();
    let last = values.last().into_iter().cycle();
    values
        .iter()
        .chain(last)
        .take(if values.is_empty() { 0 } else { length })
}

/// One value for a place.
pub(crate) fn one(value: Value) -> Cow<'static, [Value]> {
    Cow::Owned(vec![value])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_names_are_refused_with_the_place() {
        for (schema, prefix, at) in [
            (None, "a\"; DROP TABLE x; --", 1),
            (None, "", 0),
            (None, "9lives_", 0),
            (None, "Caps_", 0),
            (None, "é_", 0),
            (Some("my schema"), "ok_", 2),
            (Some("a.b"), "ok_", 1),
        ] {
            let error = Tables::new(schema, prefix).expect_err(prefix);
            assert_eq!(error.code(), Some("BAD_IDENTIFIER"), "{prefix}");
            assert!(
                error.to_string().contains(&format!("position {at}")),
                "{error}"
            );
        }
        assert!(Tables::new(None, &"x".repeat(41)).is_err());
        assert!(Tables::new(Some("queue"), "app_").is_ok());
    }

    #[test]
    fn lists_have_few_lengths() {
        let values = vec![Value::Int(1), Value::Int(2), Value::Int(3)];
        assert_eq!(padded(&values).count(), 4);
        assert_eq!(padded(&values[..1]).count(), 1);
        assert_eq!(padded(&[]).count(), 0);
    }
}
