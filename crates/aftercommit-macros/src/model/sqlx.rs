//! What `#[sqlx(…)]` says, which is for sqlx's own derives and stands on the same struct. Pure.
//!
//! What names a column or leaves one out means the same to a model. The rest changes how a row is read only, which a model also
//! writes: it is refused rather than overlooked.

use syn::{Attribute, Error, LitStr, Result};

use crate::attributes::{column, is_plain, named, text};

/// What it says on a field.
#[derive(Default)]
pub(super) struct OnField {
    pub(super) skip: bool,
    pub(super) rename: Option<String>,
}

/// How the names of fields become those of columns.
#[derive(Clone)]
pub(super) struct RenameAll {
    case: &'static str,
}

const CASES: [&str; 6] = [
    "snake_case",
    "lowercase",
    "UPPERCASE",
    "camelCase",
    "PascalCase",
    "SCREAMING_SNAKE_CASE",
];

pub(super) fn on_struct(attributes: &[Attribute]) -> Result<Option<RenameAll>> {
    let mut rename_all = None;
    for attribute in named(attributes, "sqlx") {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename_all") {
                let text = text(&meta)?;
                let case = CASES.iter().find(|case| **case == text.value());
                let case = case.ok_or_else(|| {
                    let known = CASES.join(", ");
                    Error::new(text.span(), format!("a model knows {known}: name the columns with `#[model(column = \"…\")]`"))
                })?;
                rename_all = Some(RenameAll { case });
                return Ok(());
            }
            Err(refused(&meta, "say what is meant for each field with `#[model(…)]`"))
        })?;
    }
    Ok(rename_all)
}

/// A field that is no column may be read in any way.
pub(super) fn on_field(attributes: &[Attribute], is_column: bool) -> Result<OnField> {
    let mut on = OnField::default();
    for attribute in named(attributes, "sqlx") {
        attribute.parse_nested_meta(|meta| {
            let way_out = if meta.path.is_ident("rename") {
                on.rename = Some(column(&meta)?);
                return Ok(());
            } else if meta.path.is_ident("skip") {
                on.skip = true;
                return Ok(());
            } else if meta.path.is_ident("json") {
                "make the type of the field `sqlx::types::Json<…>`"
            } else if meta.path.is_ident("default") {
                "mark the field as `#[model(skip)]` if the table has no such column"
            } else if meta.path.is_ident("flatten") {
                "write its fields out, or mark it as `#[model(skip)]`"
            } else if meta.path.is_ident("try_from") {
                "make the type of the field one that sqlx reads and writes"
            } else {
                "mark the field as `#[model(skip)]` if it is no column"
            };
            if is_column {
                return Err(refused(&meta, way_out));
            }
            if meta.input.peek(syn::Token![=]) {
                let _: LitStr = meta.value()?.parse()?;
            }
            Ok(())
        })?;
    }
    Ok(on)
}

fn refused(meta: &syn::meta::ParseNestedMeta<'_>, way_out: &str) -> Error {
    let name = meta
        .path
        .get_ident()
        .map_or_else(String::new, ToString::to_string);
    meta.error(format!("`#[sqlx({name})]` does not say how a row is written, so a model cannot follow it: {way_out}"))
}

impl RenameAll {
    pub(super) fn apply(&self, field: &str) -> String {
        let words = || field.split('_').filter(|word| !word.is_empty());
        let capital = |word: &str| {
            let mut chars = word.chars();
            let first: String = chars
                .next()
                .into_iter()
                .flat_map(char::to_uppercase)
                .collect();
            first + &chars.as_str().to_lowercase()
        };
        match self.case {
            "lowercase" => field.to_lowercase(),
            "UPPERCASE" => field.to_uppercase(),
            "PascalCase" => words().map(capital).collect(),
            "camelCase" => {
                let mut words = words();
                let first = words.next().map_or_else(String::new, str::to_lowercase);
                first + &words.map(capital).collect::<String>()
            }
            "SCREAMING_SNAKE_CASE" => words().collect::<Vec<_>>().join("_").to_uppercase(),
            _ => words().collect::<Vec<_>>().join("_").to_lowercase(),
        }
    }
}

/// The name of a column that is that of its field.
pub(super) fn check_name(name: &str, field: &syn::Ident) -> Result<()> {
    if is_plain(name) {
        return Ok(());
    }
    Err(Error::new(
        field.span(),
        format!(
            "\"{name}\" is not the name of a column: letters, digits and `_`, at most 63 bytes of them; name it with `#[model(column = \"…\")]`"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_renamed_as_sqlx_does() {
        for (case, name) in [
            ("snake_case", "first_name"),
            ("lowercase", "first_name"),
            ("UPPERCASE", "FIRST_NAME"),
            ("camelCase", "firstName"),
            ("PascalCase", "FirstName"),
            ("SCREAMING_SNAKE_CASE", "FIRST_NAME"),
        ] {
            assert_eq!(RenameAll { case }.apply("first_name"), name);
        }
    }
}
