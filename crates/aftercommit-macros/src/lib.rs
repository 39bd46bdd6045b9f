//! The macros of [`aftercommit`](https://docs.rs/aftercommit); use them from there.

mod attributes;
mod generated_id;
mod model;

use proc_macro::TokenStream;

/// Makes a struct a model: a row that `save` and `delete` know how to write.
///
/// ```text
/// #[derive(Model, Clone)]
/// #[model(table = "users")]
/// struct User {
///     #[model(id)]
///     id: i64,
///     name: String,
///     #[model(column = "mail")]
///     email: Option<String>,
///     #[model(created_at)]
///     created: chrono::NaiveDateTime,
///     #[model(skip)]
///     greeting: String,
/// }
/// ```
///
/// On the struct:
///
/// - `table = "…"`: the table, with its schema if need be (`"app.users"`). There is no guessing.
/// - `keep_old`: reads the row before and after it is changed, so that receivers see the old one and which columns of the
///   table differ. Every field must be `PartialEq`.
/// - `crate = "…"`: where `aftercommit` is, if your crate knows it under another name.
///
/// On a field:
///
/// - `id`: the primary key, given by the database. A number, of which 0 stands for "not saved yet"; or an `Option` of a number
///   or a UUID, of which `None` does; or a type of your own around one of these that derives `GeneratedId`.
/// - `id, given`: the primary key, given by the program: a UUID, a natural key.
/// - `column = "…"`: the column's name where it is not the field's.
/// - `skip`: not a column. `Default` when a row is read.
/// - `default`: an `Option`. A new row that has `None` there gets the column's default, and `save` reads it back.
/// - `generated`: computed by the database: never written, read back after each write.
/// - `created_at`, `updated_at`: the database's clock at the insert, or at every write; read back.
///
/// Of sqlx's attributes, `rename`, `rename_all` and `skip` mean here what they mean to `sqlx::FromRow`. Those that change
/// how a row is read (`default`, `flatten`, `json`, `try_from`) are refused, unless the field is marked `#[model(skip)]`.
///
/// A struct with type parameters or without names for its fields is no model, and a key has one column. Names have at most
/// 63 bytes, because Postgres cuts longer ones.
#[proc_macro_derive(Model, attributes(model, sqlx))]
pub fn model(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    model::derive(&input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes a struct around a number an id that the database gives.
///
/// ```text
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type, GeneratedId)]
/// #[sqlx(transparent)]
/// struct UserId(i64);
/// ```
///
/// The field may be whatever is such an id itself. `#[model(crate = "…")]` says where `aftercommit` is, if your crate knows it under
/// another name.
#[proc_macro_derive(GeneratedId, attributes(model))]
pub fn generated_id(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    generated_id::derive(&input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
