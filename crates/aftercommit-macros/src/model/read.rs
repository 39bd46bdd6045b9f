//! Reads the attributes. Pure.

use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Fields, Ident, LitStr, Result, Type};

/// A struct that is a model.
pub(crate) struct Model {
    pub(crate) ident: Ident,
    pub(crate) table: String,
    pub(crate) keep_old: bool,
    pub(crate) columns: Vec<Column>,
    pub(crate) skipped: Vec<Ident>,
    /// Which of the columns is the id.
    pub(crate) id: usize,
    pub(crate) id_given: bool,
}

/// A field that is a column.
pub(crate) struct Column {
    pub(crate) field: Ident,
    pub(crate) ty: Type,
    pub(crate) name: String,
    pub(crate) written: Written,
}

/// Who writes a column, and when.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Program,
    Database,
    AtInsert,
    AtWrite,
}

#[derive(Default)]
struct OnField {
    id: bool,
    given: bool,
    skip: bool,
    column: Option<String>,
    written: Option<Written>,
}

pub(crate) fn read(input: &DeriveInput) -> Result<Model> {
    if !input.generics.params.is_empty() {
        return Err(Error::new(
            input.generics.span(),
            "a model has no type parameters or lifetimes: it is a row that outlives its transaction",
        ));
    }
    let (table, keep_old) = on_struct(input)?;
    let fields = named_fields(input)?;

    let mut model = Model {
        ident: input.ident.clone(),
        table,
        keep_old,
        columns: Vec::new(),
        skipped: Vec::new(),
        id: 0,
        id_given: false,
    };
    let mut id: Option<(usize, bool)> = None;
    for field in fields {
        let Some(ident) = field.ident.clone() else {
            continue;
        };
        let on = on_field(&field.attrs)?;
        if on.given && !on.id {
            return Err(Error::new_spanned(
                field,
                "`given` belongs to the id: write `#[model(id, given)]`",
            ));
        }
        if on.skip {
            if on.id || on.column.is_some() || on.written.is_some() {
                return Err(Error::new_spanned(
                    field,
                    "a skipped field is not a column, so nothing else can be said about it: remove `skip` or the rest",
                ));
            }
            model.skipped.push(ident);
            continue;
        }
        if on.id {
            if id.is_some() {
                return Err(Error::new_spanned(
                    field,
                    "a second id: composite ids are not supported. Give the table a key of one column, or write it \
                     with plain SQL and send the signals yourself (`tx.send(Saved::created(row))`)",
                ));
            }
            if on.written.is_some() {
                return Err(Error::new_spanned(
                    field,
                    "an id is given by the database (`#[model(id)]`) or by the program (`#[model(id, given)]`), \
                     nothing else",
                ));
            }
            id = Some((model.columns.len(), on.given));
        }
        let name = on.column.unwrap_or_else(|| unraw(&ident));
        if let Some(first) = model.columns.iter().find(|column| column.name == name) {
            return Err(Error::new_spanned(
                field,
                format!(
                    "column \"{name}\" is the field `{}` already: name another one with `#[model(column = \"…\")]`, \
                     or `#[model(skip)]` this field",
                    first.field
                ),
            ));
        }
        model.columns.push(Column {
            field: ident,
            ty: field.ty.clone(),
            name,
            written: on.written.unwrap_or(Written::Program),
        });
    }
    let Some((id, given)) = id else {
        return Err(Error::new_spanned(
            &input.ident,
            "no field is the id: mark the primary key with `#[model(id)]` if the database gives it, or \
             `#[model(id, given)]` if the program does",
        ));
    };
    (model.id, model.id_given) = (id, given);
    Ok(model)
}

fn named_fields(input: &DeriveInput) -> Result<impl Iterator<Item = &syn::Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter()),
            other => Err(Error::new(
                if other.is_empty() {
                    input.ident.span()
                } else {
                    other.span()
                },
                "a model is a struct with named fields: the names are its columns",
            )),
        },
        Data::Enum(data) => Err(Error::new(
            data.enum_token.span(),
            "an enum cannot be a model: a model is a struct with named fields, one row of its table",
        )),
        Data::Union(data) => Err(Error::new(
            data.union_token.span(),
            "a union cannot be a model: a model is a struct with named fields, one row of its table",
        )),
    }
}

fn on_struct(input: &DeriveInput) -> Result<(String, bool)> {
    let mut table = None;
    let mut keep_old = false;
    for attribute in model_attributes(&input.attrs) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("table") {
                match table.replace(identifier(&meta, true)?) {
                    None => Ok(()),
                    Some(_) => Err(meta.error("the table is named twice: leave one of the names")),
                }
            } else if meta.path.is_ident("keep_old") {
                keep_old = true;
                Ok(())
            } else {
                Err(meta.error("unknown: a model knows `table = \"…\"` and `keep_old`"))
            }
        })?;
    }
    let table = table.ok_or_else(|| {
        Error::new_spanned(
            &input.ident,
            "the table is not named: write `#[model(table = \"…\")]` above the struct",
        )
    })?;
    Ok((table, keep_old))
}

fn on_field(attributes: &[Attribute]) -> Result<OnField> {
    let mut on = OnField::default();
    for attribute in model_attributes(attributes) {
        attribute.parse_nested_meta(|meta| {
            let written = [
                ("generated", Written::Database),
                ("created_at", Written::AtInsert),
                ("updated_at", Written::AtWrite),
            ];
            if let Some((_, by)) = written.iter().find(|(word, _)| meta.path.is_ident(word)) {
                if on.written.replace(*by).is_some() {
                    return Err(meta.error("one of `generated`, `created_at` and `updated_at` is enough"));
                }
            } else if meta.path.is_ident("id") {
                on.id = true;
            } else if meta.path.is_ident("given") {
                on.given = true;
            } else if meta.path.is_ident("skip") {
                on.skip = true;
            } else if meta.path.is_ident("column") {
                if on.column.replace(identifier(&meta, false)?).is_some() {
                    return Err(meta.error("the column is named twice: leave one of the names"));
                }
            } else {
                return Err(meta.error(
                    "unknown: a field knows `id`, `given`, `column = \"…\"`, `skip`, `generated`, `created_at` and \
                     `updated_at`",
                ));
            }
            Ok(())
        })?;
    }
    Ok(on)
}

fn model_attributes(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("model"))
}

/// The name of a table or column. It is quoted in SQL, so that any word will do; a quote in it would end that.
fn identifier(meta: &ParseNestedMeta<'_>, dotted: bool) -> Result<String> {
    let text: LitStr = meta.value()?.parse().map_err(|error| {
        Error::new(
            error.span(),
            "a name in quotes is expected, such as \"users\"",
        )
    })?;
    let value = text.value();
    let plain = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    };
    let parts: Vec<&str> = value.split('.').collect();
    let allowed = if dotted { 2 } else { 1 };
    if parts.len() > allowed || !parts.iter().all(|part| plain(part)) {
        return Err(Error::new(
            text.span(),
            if dotted {
                "not the name of a table: letters, digits and `_`, at most 63 of them, after a schema and a dot if need be"
            } else {
                "not the name of a column: letters, digits and `_`, at most 63 of them"
            },
        ));
    }
    Ok(value)
}

/// `r#type` is the column `type`.
fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}
