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

    /// The number of a key that the database gives, if it is one.
    fn id_number(&self) -> Option<u64>;

    /// Whether an INSERT leaves a column to the database, because it has no value.
    fn leaves(&self, column: usize) -> bool {
        let _ = column;
        false
    }

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

/// Whether two values of a field differ. Two that are not equal to themselves, as NaN, do not.
#[doc(hidden)]
#[expect(
    clippy::eq_op,
    reason = "this is how a value that equals nothing shows"
)]
pub fn values_differ<T: PartialEq>(one: &T, other: &T) -> bool {
    one != other && (one == one || other == other)
}

/// A type that a column of this database can have: every one that sqlx knows there, in both directions.
///
/// For JSON take `sqlx::types::Json<T>`, for `NULL` an `Option`, for a UUID `uuid::Uuid` with sqlx's feature of that
/// name (16 bytes on MySQL and SQLite, `uuid` on Postgres).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column of `{DB}`",
    label = "sqlx does not know this type there",
    note = "unsigned numbers are not known to Postgres: take `i64`",
    note = "for JSON take `sqlx::types::Json<…>`; a type of your own derives `sqlx::Type`; a field that is no column is marked `#[model(skip)]`"
)]
pub trait Value<DB: sqlx::Database>:
    sqlx::Type<DB> + for<'q> sqlx::Encode<'q, DB> + for<'r> sqlx::Decode<'r, DB>
{
}

#[diagnostic::do_not_recommend]
impl<DB, T> Value<DB> for T
where
    DB: sqlx::Database,
    T: sqlx::Type<DB> + for<'q> sqlx::Encode<'q, DB> + for<'r> sqlx::Decode<'r, DB>,
{
}

/// A key that the database gives: a number, of which 0 says "not saved yet", or an `Option`, of which `None` does.
///
/// For a type of your own around one of these, derive it:
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use aftercommit::Model;
/// use aftercommit::model::GeneratedId;
///
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type, GeneratedId)]
/// #[sqlx(transparent)]
/// struct UserId(i64);
///
/// #[derive(Model, Clone)]
/// #[model(table = "users")]
/// struct User {
///     #[model(id)]
///     id: UserId,
///     name: String,
/// }
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an id that the database gives",
    label = "not a number, nor an `Option`",
    note = "write `#[model(id, given)]` if the program gives it",
    note = "for a type of your own around a number, write `#[derive(aftercommit::model::GeneratedId)]` above it"
)]
pub trait GeneratedId: Sized {
    /// Whether the database has still to give it.
    fn is_unset(&self) -> bool;

    /// The key for the database's number; `None` if it does not fit.
    fn from_number(number: u64) -> Option<Self>;

    /// The number, if it is one.
    fn to_number(&self) -> Option<u64>;
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

            fn to_number(&self) -> Option<u64> {
                (*self).try_into().ok()
            }
        }

        impl GeneratedId for Option<$number> {
            fn is_unset(&self) -> bool {
                self.is_none()
            }

            fn from_number(number: u64) -> Option<Self> {
                number.try_into().ok().map(Some)
            }

            fn to_number(&self) -> Option<u64> {
                self.and_then(|number| number.try_into().ok())
            }
        }
    )*};
}
generated_ids!(i16 i32 i64 u16 u32 u64);

/// A UUID that the column's default gives. MySQL, and MariaDB before 10.5, do not tell it.
impl GeneratedId for Option<uuid::Uuid> {
    fn is_unset(&self) -> bool {
        self.is_none()
    }

    fn from_number(_number: u64) -> Option<Self> {
        None
    }

    fn to_number(&self) -> Option<u64> {
        None
    }
}

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

/// The values of a statement, or how long they are.
pub struct Values<DB: Dialect>(Kept<DB>);

enum Kept<DB: Dialect> {
    Arguments(DB::Arguments),
    Bytes(usize),
}

impl<DB: Dialect> Values<DB> {
    pub(super) fn new() -> Self {
        Self(Kept::Arguments(DB::Arguments::default()))
    }

    /// Keeps the length alone.
    pub(super) fn measure() -> Self {
        Self(Kept::Bytes(0))
    }

    pub(super) fn into_arguments(self) -> DB::Arguments {
        match self.0 {
            Kept::Arguments(arguments) => arguments,
            Kept::Bytes(_) => DB::Arguments::default(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self.0 {
            Kept::Arguments(_) => 0,
            Kept::Bytes(bytes) => bytes,
        }
    }

    /// Adds a value.
    ///
    /// # Errors
    ///
    /// A value that cannot be encoded.
    pub fn add<T: Value<DB>>(&mut self, value: &T) -> Result<()> {
        match &mut self.0 {
            Kept::Arguments(arguments) => arguments
                .add(value)
                .map_err(|error| Error::from(sqlx::Error::Encode(error)))?,
            Kept::Bytes(bytes) => *bytes += DB::encoded_len(value),
        }
        Ok(())
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
        f.debug_struct("Values").finish_non_exhaustive()
    }
}
