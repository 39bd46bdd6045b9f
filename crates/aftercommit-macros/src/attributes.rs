//! Attributes and the names in them.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, LitStr, Result};

/// The longest name that every database keeps whole. Postgres cuts what is longer.
const MAX_NAME: usize = 63;

pub(crate) fn model_attributes(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    named(attributes, "model")
}

pub(crate) fn named<'a>(
    attributes: &'a [Attribute],
    name: &'a str,
) -> impl Iterator<Item = &'a Attribute> {
    attributes
        .iter()
        .filter(move |attribute| attribute.path().is_ident(name))
}

/// The name of a table.
pub(crate) fn table(meta: &ParseNestedMeta<'_>) -> Result<String> {
    let text = text(meta)?;
    let name = text.value();
    let parts: Vec<&str> = name.split('.').collect();
    if parts.len() <= 2 && parts.iter().all(|part| is_plain(part)) {
        return Ok(name);
    }
    Err(Error::new(
        text.span(),
        "not the name of a table: letters, digits and `_`, at most 63 bytes of them, after a schema and a dot if need be",
    ))
}

/// The name of a column.
pub(crate) fn column(meta: &ParseNestedMeta<'_>) -> Result<String> {
    let text = text(meta)?;
    let name = text.value();
    if is_plain(&name) {
        return Ok(name);
    }
    Err(Error::new(
        text.span(),
        "not the name of a column: letters, digits and `_`, at most 63 bytes of them",
    ))
}

pub(crate) fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    meta.value()?.parse().map_err(|error| {
        Error::new(
            error.span(),
            "a name in quotes is expected, such as \"users\"",
        )
    })
}

/// Names are quoted in SQL, so that any word will do; a quote in one would end that.
pub(crate) fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(plain)
}
