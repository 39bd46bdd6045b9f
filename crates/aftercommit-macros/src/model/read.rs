//! Reads the attributes. Pure.

use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Fields, Ident, Path, Result, Type};

use super::sqlx;
use crate::attributes::{column, model_attributes, table, text};

/// A struct that is a model.
pub(crate) struct Model {
    pub(crate) ident: Ident,
    /// Where this library is.
    pub(crate) krate: Path,
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
    OrDefault,
    Database,
    AtInsert,
    AtWrite,
}

struct OnStruct {
    krate: Path,
    table: String,
    keep_old: bool,
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
    let fields = named_fields(input)?;
    let OnStruct {
        krate,
        table,
        keep_old,
    } = on_struct(input)?;
    let rename_all = sqlx::on_struct(&input.attrs)?;

    let mut model = Model {
        ident: input.ident.clone(),
        krate,
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
        let mut on = on_field(&field.attrs)?;
        let of_sqlx = sqlx::on_field(&field.attrs, !on.skip)?;
        on.skip |= of_sqlx.skip;
        if !on.skip {
            on.column = on.column.or(of_sqlx.rename);
        }
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
        let name = on.column.unwrap_or_else(|| match &rename_all {
            Some(rename_all) => rename_all.apply(&unraw(&ident)),
            None => unraw(&ident),
        });
        sqlx::check_name(&name, &ident)?;
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

fn on_struct(input: &DeriveInput) -> Result<OnStruct> {
    let mut krate: Path = syn::parse_quote!(::aftercommit);
    let mut name = None;
    let mut keep_old = false;
    for attribute in model_attributes(&input.attrs) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("table") {
                match name.replace(table(&meta)?) {
                    None => Ok(()),
                    Some(_) => Err(meta.error("the table is named twice: leave one of the names")),
                }
            } else if meta.path.is_ident("keep_old") {
                keep_old = true;
                Ok(())
            } else if meta.path.is_ident("crate") {
                krate = text(&meta)?.parse()?;
                Ok(())
            } else {
                Err(meta.error(
                    "unknown: a model knows `table = \"…\"`, `keep_old` and `crate = \"…\"`",
                ))
            }
        })?;
    }
    let table = name.ok_or_else(|| {
        Error::new_spanned(
            &input.ident,
            "the table is not named: write `#[model(table = \"…\")]` above the struct",
        )
    })?;
    Ok(OnStruct {
        krate,
        table,
        keep_old,
    })
}

fn on_field(attributes: &[Attribute]) -> Result<OnField> {
    let mut on = OnField::default();
    for attribute in model_attributes(attributes) {
        attribute.parse_nested_meta(|meta| {
            let written = [
                ("default", Written::OrDefault),
                ("generated", Written::Database),
                ("created_at", Written::AtInsert),
                ("updated_at", Written::AtWrite),
            ];
            if let Some((_, by)) = written.iter().find(|(word, _)| meta.path.is_ident(word)) {
                if on.written.replace(*by).is_some() {
                    return Err(meta.error("one of `default`, `generated`, `created_at` and `updated_at` is enough"));
                }
            } else if meta.path.is_ident("id") {
                on.id = true;
            } else if meta.path.is_ident("given") {
                on.given = true;
            } else if meta.path.is_ident("skip") {
                on.skip = true;
            } else if meta.path.is_ident("column") {
                if on.column.replace(column(&meta)?).is_some() {
                    return Err(meta.error("the column is named twice: leave one of the names"));
                }
            } else {
                return Err(meta.error(
                    "unknown: a field knows `id`, `given`, `column = \"…\"`, `skip`, `default`, `generated`, `created_at` \
                     and `updated_at`",
                ));
            }
            Ok(())
        })?;
    }
    Ok(on)
}

/// `r#type` is the column `type`.
fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}
