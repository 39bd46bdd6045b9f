//! The macros of [`aftercommit`](https://docs.rs/aftercommit); use them from there.

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
/// - `keep_old`: reads the row before it is changed, so that receivers see the old one and which columns differ.
///   Every field must be `PartialEq`.
///
/// On a field:
///
/// - `id`: the primary key, given by the database. A number; 0 stands for "not saved yet".
/// - `id, given`: the primary key, given by the program: a UUID, a natural key.
/// - `column = "…"`: the column's name where it is not the field's.
/// - `skip`: not a column. `Default` when a row is read.
/// - `generated`: computed by the database: never written, read back after each write.
/// - `created_at`, `updated_at`: the database's clock at the insert, or at every write; read back.
#[proc_macro_derive(Model, attributes(model))]
pub fn model(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    model::derive(&input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
