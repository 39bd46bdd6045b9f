//! What a row can do: the two traits that `#[derive(Model)]` implements, and what they talk with.

use std::fmt;
use std::hash::Hash;

use sqlx::{Arguments as _, Column as _, Row as _};

use super::Table;
use crate::error::{Error, Result};
use crate::store::Dialect;

/// A struct that is a row of a table. Derived: see [the macro](macro@crate::Model).
///
/// `Clone`, because receivers that run after the commit keep the row beyond the transaction.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "write `#[derive(Model, Clone)]` and `#[model(table = \"…\")]` above the struct"
)]
pub trait Model: Clone + Send + Sync + 'static {
    /// The type of the primary key.
    type Id: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static;

    /// The table and its columns.
    const TABLE: &'static Table;

    /// The primary key.
    fn id(&self) -> &Self::Id;

    /// Sets the primary key.
    fn set_id(&mut self, id: Self::Id);

    /// Whether the database has still to give the key.
    fn is_unset(&self) -> bool;

    /// A key that the database gave.
    fn id_from_number(number: u64) -> Option<Self::Id>;

    /// Whether two rows differ in a column. Asked with `keep_old` only.
    fn differs(&self, other: &Self, column: usize) -> bool {
        let _ = (other, column);
        true
    }
}

/// A model whose columns this database knows. Derived together with [`Model`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in `{DB}`",
    label = "not a model of this database",
    note = "write `#[derive(Model, Clone)]` and `#[model(table = \"…\")]` above the struct"
)]
pub trait Stored<DB: Dialect>: Model {
    /// The row, read with all columns in the order of [`Table::columns`].
    ///
    /// # Errors
    ///
    /// A column that does not fit its field.
    fn load(row: &Columns<'_, DB>) -> Result<Self>;

    /// Reads one column into its field.
    ///
    /// # Errors
    ///
    /// A column that does not fit its field.
    fn read(&mut self, column: usize, row: &Columns<'_, DB>, at: usize) -> Result<()>;

    /// Adds the value of one column.
    ///
    /// # Errors
    ///
    /// A value that cannot be encoded.
    fn bind(&self, column: usize, values: &mut Values<DB>) -> Result<()>;

    /// Adds a key.
    ///
    /// # Errors
    ///
    /// A value that cannot be encoded.
    fn bind_id(id: &Self::Id, values: &mut Values<DB>) -> Result<()>;

    /// The first column, as a key.
    ///
    /// # Errors
    ///
    /// A column that is no key.
    fn load_id(row: &Columns<'_, DB>) -> Result<Self::Id>;
}

/// A type that a column of this database can have: every one that sqlx knows there, in both directions.
///
/// For JSON take `sqlx::types::Json<T>`, for `NULL` an `Option`, for a UUID `uuid::Uuid` with sqlx's feature of that
/// name (16 bytes on MySQL and SQLite, `uuid` on Postgres).
pub trait Value<DB: sqlx::Database>:
    sqlx::Type<DB> + for<'q> sqlx::Encode<'q, DB> + for<'r> sqlx::Decode<'r, DB>
{
}

impl<DB, T> Value<DB> for T
where
    DB: sqlx::Database,
    T: sqlx::Type<DB> + for<'q> sqlx::Encode<'q, DB> + for<'r> sqlx::Decode<'r, DB>,
{
}

/// A key that the database gives: a number, of which 0 says "not saved yet".
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an id that the database gives",
    label = "not a number",
    note = "write `#[model(id, given)]` if the program gives it"
)]
pub trait GeneratedId: Sized {
    /// Whether the database has still to give it.
    fn is_unset(&self) -> bool;

    /// The key for the database's number; `None` if it does not fit.
    fn from_number(number: u64) -> Option<Self>;
}

macro_rules! generated_ids {
    ($($number:ty)*) => {$(
        impl GeneratedId for $number {
            fn is_unset(&self) -> bool {
                *self == 0
            }

            fn from_number(number: u64) -> Option<Self> {
                number.try_into().ok()
            }
        }
    )*};
}
generated_ids!(i16 i32 i64 u16 u32 u64);

/// The columns of a row that was read.
pub struct Columns<'r, DB: Dialect>(pub(super) &'r DB::Row);

impl<DB: Dialect> Columns<'_, DB> {
    /// The column at a place.
    ///
    /// # Errors
    ///
    /// A column that is not there, is `NULL`, or does not fit the type.
    pub fn get<T: Value<DB>>(&self, at: usize) -> Result<T> {
        DB::column(self.0, at).map_err(|error| match error {
            // sqlx says which by its place, which is not in the program's text.
            sqlx::Error::ColumnDecode { source, .. } => {
                let name = self.0.columns().get(at).map_or("", |column| column.name());
                let index = format!("{name:?}");
                Error::from(sqlx::Error::ColumnDecode { index, source })
            }
            error => error.into(),
        })
    }
}

/// The values of a statement.
pub struct Values<DB: Dialect>(pub(super) DB::Arguments);

impl<DB: Dialect> Values<DB> {
    pub(super) fn new() -> Self {
        Self(DB::Arguments::default())
    }

    /// Adds a value.
    ///
    /// # Errors
    ///
    /// A value that cannot be encoded.
    pub fn add<T: Value<DB>>(&mut self, value: &T) -> Result<()> {
        self.0
            .add(value)
            .map_err(|error| Error::from(sqlx::Error::Encode(error)))
    }
}

impl<DB: Dialect> fmt::Debug for Columns<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Columns").finish_non_exhaustive()
    }
}

impl<DB: Dialect> fmt::Debug for Values<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values may be anybody's secrets.
        f.debug_struct("Values")
            .field("len", &self.0.len())
            .finish()
    }
}
